"""What the notebooks import: the digits, the loop's bookkeeping, the pictures, the checks."""

import gc

# A notebook has imported torch by now, some 200,000 objects that stay. Python needn't look through
# them again and again for what nobody uses any more: a tenth of a second each time.
gc.freeze()
