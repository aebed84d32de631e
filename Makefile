# The habits of this course; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
ASSIGNMENTS := $(sort $(notdir $(wildcard source/[0-9]*)))
FUZZ ?= 40
FUZZED := tests/fuzz tests/grading/test_wire_properties.py
FUZZED += tests/grading/coordinator/test_submission_properties.py
export PATH := $(CURDIR)/$(BIN):$(PATH)

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

setup: $(BIN)/.ready  ## make the environment .venv

$(BIN)/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --upgrade pip
	$(BIN)/pip install -qq -r requirements.txt -e ".[test]"
	touch $@

demo: setup  ## a small class from student version to feedback page
	$(BIN)/python scripts/demo.py

test: setup  ## lint, types, tests, and the solutions re-executed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n 3 --no-loadscope-reorder
	$(BIN)/pytest --nbval solutions

release: setup  ## make the student versions anew
	for a in $(ASSIGNMENTS); do $(BIN)/nbgrader generate_assignment $$a --force || exit 1; done

solutions: setup  ## execute the solutions anew
	for a in $(ASSIGNMENTS); do $(BIN)/nbgrader generate_solution $$a --force || exit 1; done
	$(BIN)/python scripts/pictures/readme.py

corpus: setup  ## grade all of the corpus in the sandbox, too, and print the table
	CORPUS=all $(BIN)/pytest tests/course/test_corpus.py

attacks: setup  ## run all attacks on plain nbgrader and on this course, and write their table
	ATTACKS=all $(BIN)/pytest tests/course/test_attacks.py

fuzz: setup  ## grade odd classes drawn at random: FUZZ=40 of each kind
	FUZZ=$(FUZZ) $(BIN)/pytest -vv --timeout=3000 $(FUZZED)

bench: setup  ## measure training and grading against what they replace
	$(BIN)/python scripts/bench

gpu: setup  ## on an NVIDIA GPU: solutions, right answers, training; docs/gpu.json and a row, in 8 minutes
	$(BIN)/python scripts/gpu.py

docs: setup  ## build the pages of docs/ and the solutions into site/
	$(BIN)/mkdocs build --strict

lab: setup  ## open the course in JupyterLab
	$(BIN)/jupyter lab

lowest:  ## make .venv anew with the lowest versions that pyproject.toml promises
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq uv
	$(BIN)/uv pip install -q --python $(BIN)/python --resolution lowest-direct -r requirements.txt -e ".[test]"
	touch $(BIN)/.ready

constraints: setup  ## note the versions in .venv in constraints.txt
	sed -i.old '/^#/!d' constraints.txt && rm constraints.txt.old
	$(BIN)/pip freeze --exclude-editable | sed -E '/^(cuda|nvidia|triton)/d; s/\+.*//; s/^soupsieve==.*/&; python_full_version >= "3.11.7"/' >> constraints.txt

clean:  ## remove what can be made again; submissions, gradebook and what you graded by hand stay
	rm -rf autograded/* feedback site

clean-all: clean  ## remove submissions and gradebook, too, if you type "yes"
	@printf 'All submissions and the gradebook, with what was graded by hand, will be gone. Type yes: '
	@read answer && [ "$$answer" = yes ] || { echo 'Nothing more was removed.'; exit 1; }
	rm -rf submitted/* gradebook.db*

.PHONY: help setup demo test release solutions corpus attacks fuzz bench gpu docs lab lowest constraints clean clean-all
