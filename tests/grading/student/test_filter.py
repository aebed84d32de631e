"""The filter of system calls: what it refuses, and that nothing honest needs what it refuses."""

import platform
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grading.student import filter as calls

NO_FILTER = f"no filter for {sys.platform} on {platform.machine()}"
filtered = pytest.mark.skipif(not calls.is_known_machine(), reason=NO_FILTER)
HEADERS = {  # Linux's own lists of numbers, where they are installed
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
NEWER = {"memfd_secret", "statmount", "listmount"}  # than some headers


def run(code):
    """What a program prints that runs behind the filter."""
    head = """
        import ctypes, errno, os, socket
        from grading.student import filter as calls
        calls.deny_system_calls()
        libc = ctypes.CDLL(None, use_errno=True)
        def tried(number, *arguments):
            done = libc.syscall(number, *map(ctypes.c_ulong, arguments))
            return "done" if done >= 0 else errno.errorcode[ctypes.get_errno()]
    """
    code = textwrap.dedent(head) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_linux_s_own(machine):
    if not HEADERS[machine].exists():
        pytest.skip("its headers are not installed")
    text = HEADERS[machine].read_text()
    found = {name: int(n) for name, n in re.findall(r"__NR(?:3264)?_(\w+)\s+(\d+)\n", text)}
    ours = {name: call for group in calls.DENIED.values() for name, call in group.items()}
    ours |= {"clone": calls.CLONE, "clone3": calls.CLONE3, "personality": calls.PERSONALITY}
    ours |= {"socket": calls.SOCKET, "socketpair": calls.SOCKET_PAIR}
    column = calls.MACHINES[machine][1]
    told = {name: call[column] for name, call in ours.items() if name not in NEWER}
    known = {name: found.get(name) for name in told}
    assert told == known | {name: told[name] for name in ("clone3",) if known[name] is None}


@filtered
def test_what_a_notebook_has_no_use_for_is_refused():
    said = run("""
        import platform
        column = calls.MACHINES[platform.machine()][1]
        for group in calls.DENIED.values():
            for name, numbers in group.items():
                if numbers[column] is not None:
                    print(tried(numbers[column], 0, 0, 0, 0, 0, 0))
        print(tried(calls.CLONE3[column], 0, 0), tried(calls.FIRST_UNKNOWN), tried(1 << 20))
        print(tried(calls.PERSONALITY[column], 8), tried(calls.PERSONALITY[column], 0xFFFFFFFF))
    """)
    assert set(said.splitlines()[:-2]) == {"EPERM"}
    assert said.splitlines()[-2:] == ["ENOSYS ENOSYS ENOSYS", "EPERM done"]


@filtered
def test_no_namespaces_are_made_but_processes_and_threads_are():
    said = run("""
        import platform, signal, threading
        number = calls.CLONE[calls.MACHINES[platform.machine()][1]]
        for kind in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
            print(tried(number, kind | signal.SIGCHLD, 0, 0, 0, 0))
        thread = threading.Thread(target=print, args=["a thread"])
        thread.start(); thread.join()
        child = os.fork() or os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "echo a program"], os.environ), 0)
    """)
    assert sorted(said.splitlines()) == ["7", "EPERM"] + 6 * ["EPERM"] + ["a program", "a thread"]


@filtered
def test_sockets_of_a_few_families_can_be_made():
    said = run("""
        IPPROTO_ICMP, NETLINK_KOBJECT_UEVENT, IPPROTO_MPTCP = 1, 15, 262
        made = set()
        for family in range(64):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                for protocol in (0, IPPROTO_ICMP, NETLINK_KOBJECT_UEVENT, IPPROTO_MPTCP):
                    try:
                        socket.socket(family, kind, protocol).close()
                        made.add(f"{socket.AddressFamily(family).name}:{protocol}")
                    except OSError as error:
                        if family not in calls.SOCKETS:
                            assert error.errno == errno.EAFNOSUPPORT, error
        print(*sorted(made))
        print([number for number in range(2, 64)
               if libc.socketpair(number, 1, 0, (ctypes.c_int * 2)()) == 0])
        socket.socketpair()
    """)
    made, pairs = said.splitlines()
    unix = {"AF_UNIX:0", "AF_UNIX:1"}  # 1 is its own number
    assert unix < {*made.split()} <= {*unix, "AF_INET:0", "AF_INET6:0", "AF_NETLINK:0"}
    assert pairs == "[]"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86_64 has two more entries")
@filtered
def test_the_other_entries_to_the_calls_are_closed():
    said = run("""
        import mmap
        getpid, X32 = 39, 0x40000000
        print(tried(getpid), tried(X32 | getpid))
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # getpid of 32-bit programs
        entry = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
        if (child := os.fork()) == 0:
            os._exit(-entry())
        ended = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(ended))
    """).split()
    assert said[:2] == ["done", "ENOSYS"]
    assert said[2] in ("38", "-11")  # ENOSYS; or this Linux has no such entry


@filtered
def test_what_honest_code_does_still_works():
    said = run("""
        import asyncio, multiprocessing, socketserver, sqlite3, subprocess, threading
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing import shared_memory
        print("lo" in [name for _, name in socket.if_nameindex()])
        print(len(socket.getaddrinfo("127.0.0.1", 80)) > 0)
        server = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        threading.Thread(target=server.handle_request).start()
        socket.create_connection(server.server_address).close()
        context = multiprocessing.get_context("fork")
        with context.Pool(2) as pool:
            print(pool.map(abs, [-1, -2]))
        block = shared_memory.SharedMemory(create=True, size=100); block.close(); block.unlink()
        context.Semaphore(2).acquire()
        async def spoken():
            child = await asyncio.create_subprocess_exec("echo", "spoken", stdout=-1)
            return (await child.communicate())[0]
        with ThreadPoolExecutor(1) as pool:
            print(pool.submit(asyncio.run, spoken()).result())
        print(subprocess.run("echo a | tail -n 1", shell=True, capture_output=True).stdout)
        print(os.openpty() and os.pidfd_open(os.getpid()) and "opened")
    """)
    assert said.splitlines() == [
        *("True", "True", "[1, 2]", "b'spoken\\n'", "b'a\\n'", "opened"),
    ]
