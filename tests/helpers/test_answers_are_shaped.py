"""How many values an answer has is never the student's choice: a lint over the check functions.

What is compared with nothing agrees with it, and so does what only broadcasts. So what a call of a
student's object returns goes through a function that holds its number of values to what was asked
for, in the same expression or by the name that it is given. What doesn't is listed below, with the
reason why an empty answer, or one that broadcasts, wins nothing there.
"""

import ast
from pathlib import Path

import helpers.checks

FILES = sorted(Path(helpers.checks.__file__).parent.rglob("*.py"))
# How the check functions call what a student has written.
STUDENTS = {
    *("transform", "add_noise", "DAE", "dae", "model", "twin", "own", "vae", "vae_class"),
    *("vae_loss", "linear_interpolation", "latent_linear_interpolation", "function"),
}
# Their methods that give no answer.
NO_ANSWER = {"eval", "to", "train", "load_state_dict", "zero_grad", "mro", "keys"}
NO_ANSWER |= {"named_parameters", "named_buffers", "parameters"}
SHAPES = {
    *("shaped", "check_shape", "as_rows", "as_images", "read_model", "terms_of"),
    *("noisy_tensor", "denoised", "check_values", "_alike", "_decodes", "_forward"),
    # These want an answer to differ after a change: an empty one never does.
    *("check_weights_change", "check_parameters_used", "check_trainable"),
    "check_batch_independence",  # holds the number of rows, and takes a maximum over all values
}
NAMING = (ast.Assign, ast.For, ast.comprehension)
FINE = {
    "__call__": "of a report: calls check functions",
    "check_batch_independence": "as said above",
    "new_dae": "makes a model; its answer isn't used",
    "dae_input": "looks at the argument, not at the answer",
    "new_model": "makes a model; its answers aren't used",
    "sampler": "makes a model; `sample` holds the size of what is drawn",
    "draw": "`sample` holds the size of what is drawn",
    "_without_layers": "makes a model",
    "interpolated": "hands on: `linear_shape` and `linear_values` hold the size",
    "_forward": "compares shapes alone",
    "_walk": "hands on: `latent_shape` and `latent_values` hold the size",
    "_loss": "hands on: each of its callers looks at a term",
    "loss_keeps_arguments": "looks at the arguments, not at the answer",
    "codes_vary": "fails for codes that are alike; nothing is compared with what is expected",
    "_read_encoder": "only looks for which part is which; `_as_codes` takes whole rows",
    "last_snapshot": "the snapshot is held to the size of mu, and the snapshots to (N, 2)",
    "clusters": "`neighbours_agree` looks each digit's own row up",
    "decoded_means": "an answer that broadcasts is worse than the average digit, or not below it",
    "encoded": "a part of `last_snapshot`",
    "squared_error": "a part of `decoded_means`",
    "latent_values": "its model is the course's own; the answer's steps go through as_rows",
    "near_prior": "the number of features is held by `clusters`, in the same cell",
}


def root(node):
    """The name that a call or an attribute begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def calls(node):
    return [part for part in ast.walk(node) if isinstance(part, ast.Call)]


def unshaped(function):
    """The lines of a function in which an answer is used as it comes."""
    shaped = [c for c in calls(function) if root(c.func) in SHAPES]
    inside = {id(part) for call in shaped for part in ast.walk(call)}
    names = {name for call in shaped for name in names_in(call)}
    named = [node for node in ast.walk(function) if isinstance(node, NAMING)]
    for _ in range(3):  # a name may be one of a pair that was looped over, and that of an answer
        for node in named:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = node.value if isinstance(node, ast.Assign) else node.iter
            if names & {name for target in targets for name in names_in(target)}:
                inside |= {id(part) for part in ast.walk(value)}
                names |= names_in(value)
    answers = [c for c in calls(function) if root(c.func) in STUDENTS and id(c) not in inside]
    silent = [c for c in answers if isinstance(c.func, ast.Attribute) and c.func.attr in NO_ANSWER]
    return sorted({call.lineno for call in answers if call not in silent})


def functions(text):
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


def test_no_answer_is_used_unshaped():
    found = {
        (file.name, function.name): lines
        for file in FILES
        for function in functions(file.read_text())
        if (lines := unshaped(function)) and function.name not in FINE
    }
    assert not found


def test_no_exception_is_without_a_use():
    used = {f.name for file in FILES for f in functions(file.read_text()) if unshaped(f)}
    assert FINE.keys() <= used, FINE.keys() - used


def test_the_lint_sees_what_it_is_for():
    bad = "def f(model, x):\n    return torch.equal(model.decoder(x), x)"
    good = (
        "def f(model, x):\n    y = model.decoder(x)\n    return torch.equal(shaped(y, (2,), ''), x)"
    )
    assert unshaped(functions(bad)[0]) == [2]
    assert not unshaped(functions(good)[0])
