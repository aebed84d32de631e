"""Whatever lies in the exchange, `nbgrader collect` takes or names it; what it takes is graded."""

import os
from datetime import UTC, datetime
from unittest import mock

from fuzzing import HONEST, ODD, OF_AN_HONEST_ONE, dear, is_id, was_left_out, words
from hypothesis import given, strategies as st
from oddities import STAMPS, Folder, Odd, as_name, names, stamps, submissions, trees

from grading.plain import plain_line
from grading.plugins import late

TIMES = stamps | st.sampled_from(STAMPS[1:2]).map(str.encode)
OWNERS = [None, None, 0, 1, 4711]

records = st.tuples(
    st.tuples(names, TIMES, names | st.just(b"")).map(
        lambda parts: as_name(b"+".join([parts[0], b"toy", *parts[1:]]))
    ),
    trees | submissions,
    st.sampled_from(OWNERS),
)


def name_of(record):
    return record[0]


@dear
@given(
    st.lists(records, min_size=ODD, max_size=ODD, unique_by=name_of),
    st.booleans(),
)
def test_any_exchange_is_collected_and_graded(classroom, odd, check_owner):
    # Where owners count, this account's is that of one honest student.
    classroom.begin(HONEST[1:] if check_owner else HONEST)
    for student in classroom.honest:
        folder = classroom.inbound / f"{student}+toy+{datetime.now(UTC):%F %T.%f} UTC+secret"
        folder.mkdir()
        (folder / "toy.ipynb").write_bytes(classroom.notebook(OF_AN_HONEST_ONE))
    for name, node, owner in odd:
        classroom.put_odd(classroom.inbound, Odd(name, node))
        if owner is not None and os.getuid() == 0 and isinstance(node, Folder):
            os.chown(os.path.join(os.fsencode(classroom.inbound), name), owner, -1)
    accounts = {os.getuid(): HONEST[1]}
    with mock.patch.object(late, "_account", lambda owner: accounts.get(owner, str(owner))):
        said = classroom.command("collect", "toy", f"--ExchangeCollect.check_owner={check_owner}")
    for name in os.listdir(classroom.inbound):
        student, of_toy, _ = name.partition("+toy+")
        if not student or not of_toy:
            continue
        if is_id(student):
            taken = (classroom.root / "submitted" / student / "toy").is_dir()
            assert taken or f"Not collected: '{plain_line(name)}'" in words(said), (name, said)
        else:
            assert was_left_out(student, said), (name, said)
    classroom.grade()
