"""The first conversation of somebody who has just built the program: a server, two people with nc, one with the
bundled client, and one line of shell with nc and jq."""
import json, queue, re, subprocess, sys, threading

PROGRAM = sys.argv[1]
PATIENCE_S = 20


class Run:
    """A program with pipes; lines are waited for, never slept for."""

    def __init__(self, *command):
        self.name = " ".join(command)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def types(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def sees(self, pattern):
        """The next line that matches; those before it are passed over."""
        seen = []
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                line = None
            if line is None:
                sys.exit(f"{self.name}: waited for {pattern!r} and saw {seen}")
            seen.append(line)
            if re.search(pattern, line):
                return line

    def ends(self):
        self.process.stdin.close()  # nc ends when both ends have: a person presses Ctrl-D
        status = self.process.wait(PATIENCE_S)
        if status != 0:
            sys.exit(f"{self.name}: ended with {status}")


T = r"^\[\d\d:\d\d:\d\d\] "
server = Run(PROGRAM, "serve", "--memory", "--listen", "127.0.0.1:0", "--json")
try:
    address = json.loads(server.sees("listening"))["listening"]
    host, port = address.rsplit(":", 1)

    alice = Run("nc", host, port)
    alice.sees("What is your name")
    alice.types("alice")
    alice.sees(T + r"#lobby \* alice joined$")
    bob = Run("nc", host, port)
    bob.types("bob")
    bob.sees(T + r"#lobby \* bob joined$")
    carol = Run(PROGRAM, "join", address, "--name", "carol")
    carol.sees(r"#lobby \* carol joined$")
    alice.sees(T + r"#lobby \* carol joined$")

    alice.types("hello")  # chat
    bob.sees(T + "#lobby <alice> hello$")
    carol.sees("#lobby <alice> hello$")
    carol.types("hello, both")
    alice.sees(T + "#lobby <carol> hello, both$")
    bob.types("/w alice psst")  # whisper
    alice.sees(T + "bob whispers: psst$")
    alice.types("/users")  # list
    alice.sees(r"^- users in #lobby \(3\): alice bob carol$")
    for one in (bob, carol):  # change rooms
        one.types("/join dev")
        one.sees(r"#dev \* " + ("bob" if one is bob else "carol") + " joined$")
    carol.types("shall we?")
    bob.sees(T + r"#dev <carol> shall we\?$")
    alice.types("/rooms")
    alice.sees("^- .*#dev")

    shell = f"""printf '%s\\n' '{{"type":"hello","name":"script"}}' '{{"type":"say","id":1,"room":"lobby","body":"it is green"}}' \
        '{{"type":"bye"}}' | nc {host} {port} | jq -r 'select(.type == "said" and .re == 1).body'"""
    said = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=PATIENCE_S).stdout
    assert said == "it is green\n", said
    alice.sees(T + "#lobby <script> it is green$")

    for one in (alice, bob, carol):  # leave
        one.types("/quit")
        one.ends()
    server.process.terminate()
    server.ends()
    print("alice and bob with nc, carol with join, a script with jq: chat, whisper, list, change rooms, leave")
finally:
    server.process.kill()
