"""What the notebooks import: the digits, the loop's bookkeeping, the pictures, the checks."""
