#!/usr/bin/env python3
"""A chat client of the standard library alone: one JSON object a line, over TCP.

    examples/client.py alice                       says what you type, prints what is said; ~ marks what was before
    examples/client.py --say "the build is green" ci    for scripts: says one thing and leaves

Ends with 0, with 1 if the connection was lost, or with 3 if the name was refused.
"""
import argparse, json, os, socket, sys, threading

args = argparse.ArgumentParser(description="Joins a chat.")
args.add_argument("name", help="the name to go by")
args.add_argument("--addr", default="127.0.0.1:8080", help="HOST:PORT of the server (%(default)s)")
args.add_argument("--room", default="lobby", help="the room to talk in (%(default)s)")
args.add_argument("--say", metavar="TEXT", help="say this one thing and leave")
args = args.parse_args()


def clean(text):
    """What others wrote must not command the terminal: anything but plain text is shown as its code."""
    return "".join(c if c.isprintable() else "↵" if c == "\n" else f"<U+{ord(c):04X}>" for c in text)


def show(told):
    """Prints what is worth reading. One's own messages come back with `re` set: they need no second look."""
    kind, room = told["type"], told.get("room")
    if args.say is not None and kind != "refused":
        return  # a script wants to say, not to read
    if kind == "said" and "re" not in told:
        line = f"{'~ ' * told.get('past', False)}#{room} <{told['from']}> {told['body']}"
    elif kind == "whispered" and "re" not in told:
        line = f"{told['from']} whispers: {told['body']}"
    elif kind == "members":
        line = f"- in #{room}: {' '.join(told['users']) or 'nobody yet'}"
    elif kind in ("joined", "left"):
        line = f"#{room} * {told['user']} {kind}"
    elif kind == "refused":
        line = f"! {told['reason']}: {told['message']}"
    else:
        return
    print(clean(line), flush=True)


def send(**message):
    server.sendall(json.dumps(message, ensure_ascii=False).encode() + b"\n")


def speak(lines):
    """Says each line, then goodbye. Request ids rise from 1; the answer to each comes back with it as `re`."""
    try:
        for number, line in enumerate(filter(str.strip, lines), start=1):
            send(type="say", id=number, room=args.room, body=line.rstrip("\n"))
        send(type="bye")
    except OSError:
        pass  # whoever reads sees the end, and why


def end(code, why):
    """Ends at once: a thread that still waits for typing must not hold the program up."""
    print(f"- {clean(why)}", file=sys.stderr, flush=True)
    os._exit(code)


host, _, port = args.addr.rpartition(":")
try:
    server = socket.create_connection((host.strip("[]"), int(port)))
    send(type="hello", name=args.name, rooms=[args.room])
    for line in server.makefile(encoding="utf-8"):
        told = json.loads(line)
        show(told)
        if told["type"] == "welcome":
            lines = sys.stdin if args.say is None else [args.say]
            threading.Thread(target=speak, args=(lines,), daemon=True).start()
        elif told["type"] == "refused" and (args.say is not None or "re" not in told):
            end(3 if told["code"] in (100, 101, 102) else 1, "that was refused")
        elif told["type"] == "closing":
            end(0 if told["reason"] == "left" else 1, told["message"])
    end(1, "the connection was lost")
except (OSError, ValueError) as error:
    end(1, f"{args.addr}: {error}")
except KeyboardInterrupt:
    end(130, "interrupted")  # the end of a line client's connection is a goodbye
