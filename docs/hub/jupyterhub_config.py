"""A JupyterHub on one machine with local accounts: /etc/jupyterhub/jupyterhub_config.py."""

import grp
import os
import pwd

COURSE = "/srv/generative-models"  # source/, gradebook and all: closed to students
STUDENTS_PYTHON = "/opt/students"  # the environment of students: helpers/, without grading/
COURSE_PYTHON = f"{COURSE}/.venv"  # the environment of those who teach, made by `make setup`
SETTINGS = "/etc/jupyterhub/course"  # docs/hub/course: what nbgrader and JupyterLab read
STAFF, STUDENTS = "course-staff", "course-students"  # groups of accounts
# The formgrader is a page in JupyterLab's. A hub forbids that, here to all but its own address.
FRAMES = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}

c = get_config()  # noqa: F821  (given by JupyterHub)

c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # a web server with a certificate is in front
c.PAMAuthenticator.allowed_groups = {STAFF, STUDENTS}


def prepare(spawner):
    """A student starts at home; who teaches, in the course's folder with the formgrader."""
    account = pwd.getpwnam(spawner.user.name)
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    spawner.environment = {
        "OMP_NUM_THREADS": "1",  # several threads on a shared machine wait for each other
        "COURSE_TRAINING_SECONDS": "120",  # of processor time, in Validate; as in grading
        "JUPYTER_CONFIG_PATH": f"{SETTINGS}/students:{SETTINGS}",
    }
    python, spawner.args, spawner.notebook_dir = STUDENTS_PYTHON, [], ""
    spawner.popen_kwargs = {"umask": 0o077}  # what a student makes is the student's alone
    if grp.getgrnam(STAFF).gr_gid in groups:
        # The course's own nbgrader_config.py comes first, wherever a command is started.
        python, spawner.environment["JUPYTER_CONFIG_PATH"] = COURSE_PYTHON, f"{COURSE}:{SETTINGS}"
        spawner.args = [f"--ServerApp.tornado_settings={FRAMES}"]
        spawner.notebook_dir = COURSE
        spawner.popen_kwargs = {"umask": 0o007}  # and what one of the staff makes, the staff's
    spawner.cmd = [f"{python}/bin/jupyterhub-singleuser"]
    spawner.environment["PATH"] = f"{python}/bin:{os.environ['PATH']}"  # for terminals


c.Spawner.pre_spawn_hook = prepare
