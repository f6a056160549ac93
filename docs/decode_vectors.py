#!/usr/bin/env python3
"""Decodes the binary vectors of protocol.md as that file says and compares them with the JSON beside each."""
import base64, json, pathlib, re, sys

class Reader:
    def __init__(self, data): self.data, self.at = data, 0
    def take(self, count):
        self.at += count
        assert self.at <= len(self.data), "the payload ends too early"
        return self.data[self.at - count:self.at]

def num(r):
    first = r.take(1)[0]
    assert first <= 253, "not a number"
    return first if first < 251 else int.from_bytes(r.take({251: 2, 252: 4, 253: 8}[first]), "little")

def boolean(r): return {0: False, 1: True}[r.take(1)[0]]
def string(r): return r.take(num(r)).decode("utf-8")
def opt(of): return lambda r: of(r) if boolean(r) else None
def many(of): return lambda r: [of(r) for _ in range(num(r))]
def one(*names): return lambda r: names[num(r)]

def obj(**fields):
    """The fields in their order. One that ends in _0 is left out of the JSON when it is none, false or zero."""
    def read(r):
        values = {name: of(r) for name, of in fields.items()}
        return {name.removesuffix("_0"): v for name, v in values.items() if not (name.endswith("_0") and v in (None, 0))}
    return read

def tag(*kinds):
    def read(r):
        name, of = kinds[num(r)]
        return {"type": name, **of(r)}
    return read

def both(head, body): return lambda r: {**head(r), **body(r)}

POSITION = dict(room=string, epoch=num, number=num)
PLACES, NAMES, NONCE = many(obj(**POSITION)), many(string), obj(nonce=num)
SINCE = obj(epoch=num, number=num)
def positions(r): return PLACES(r) or None
ANCHORS = ("", "before", "after", "around", "before_time", "from_time")
def anchor(r):
    name = ANCHORS[num(r)]
    return {name: num(r)} if name else {}

def digest(r): return r.take(32).hex()
PAUSES = one("lost", "no_space", "silent", "asked")
ENDS = one("cancelled", "expired", "source_changed", "wrong_hash", "prefix_differs", "left", "gone", "failed")
def recipient(r): return {("to", "room")[num(r)]: string(r)}
OFFER = both(both(obj(transfer=num, **{"from": string}), recipient),
             obj(name=string, size=num, hash_0=opt(digest), chunk_bytes=num, expires=num))
STATES = (("running", obj()), ("paused", obj(why=PAUSES)), ("finished", obj()), ("declined", obj()), ("cancelled", obj(why=ENDS)))
def state(r):
    name, rest = STATES[num(r)]
    return {"state": name, **rest(r)}
COPY = both(both(obj(user=string, offset=num), state), obj(by_0=opt(string)))
def data(r): return base64.b64encode(r.take(num(r))).decode()
CHUNK = ("chunk", obj(transfer=num, **{"pass": num}, offset=num, data=data))
OF, OF_USER = dict(transfer=num), dict(transfer=num, user=string)

ROLES, FROM, WHAT = one("member", "moderator", "owner"), one("start", "join"), one("ban", "mute")
IN = dict(room=string, user=string)
TERM = obj(**IN, for_ms_0=opt(num), reason_0=opt(string))
def given(**fields):
    """Optional fields; the JSON has those that are there, zero and false among them."""
    return lambda r: {name: v for name, v in [(name, opt(of)(r)) for name, of in fields.items()] if v is not None}
MODES = obj(invite_only=boolean, has_key=boolean, moderated=boolean, slow_s=num, history=FROM, retention_ms=num)
HELD = obj(until=opt(num), reason=opt(string))

ASK = tag(("join", obj(room=string, since_0=opt(SINCE))), ("leave", obj(room=string)), ("say", obj(room=string, body=string)),
          ("whisper", obj(to=string, body=string)), ("topic", obj(room=string, topic=string)),
          ("offer", both(recipient, obj(name=string, size=num, hash_0=opt(digest), chunk_bytes=num))),
          ("accept", obj(**OF, **{"from": num}, prefix_0=opt(digest))), ("decline", obj(**OF)), ("pause", obj(**OF, why=PAUSES)),
          ("hash", obj(**OF, hash=digest)), ("finish", obj(**OF)), ("cancel", obj(**OF, user_0=opt(string), why=ENDS)),
          ("enter", obj(room=string, key=string, since_0=opt(SINCE))), ("set_role", obj(**IN, role=ROLES)), ("kick", obj(**IN, reason_0=opt(string))),
          ("ban", TERM), ("unban", obj(**IN)), ("mute", TERM), ("unmute", obj(**IN)), ("invite", obj(**IN)),
          ("set_modes", obj(room=string, modes=given(invite_only=boolean, key=string, moderated=boolean, slow_s=num, history=FROM, retention_ms=num))),
          ("delete", obj(room=string, number=num)))
QUERY = tag(("users", obj(room_0=opt(string), after_0=opt(string))), ("rooms", obj(after_0=opt(string))),
            ("history", both(obj(room=string), both(anchor, obj(limit=num)))),
            ("search", obj(words=string, room_0=opt(string), before_time_0=opt(num), limit=num)), ("transfers", obj()),
            ("room", obj(room=string)), ("audit", obj(before_0=opt(num))))
HELLO = obj(name=string, resume_0=opt(string), positions_0=positions, rooms_0=opt(NAMES), whispers_0=num)
PROVEN = both(HELLO, obj(password=string))
CLIENT = [("hello", HELLO),
          (None, both(obj(id_0=num), ASK)), (None, both(obj(id_0=num), QUERY)), ("ping", NONCE), ("pong", NONCE), ("bye", obj()),
          CHUNK, ("received", obj(**OF, offset=num)), ("unlock", obj(password=string)), ("login", PROVEN), ("register", PROVEN),
          ("password", obj(id_0=num, old=string, new=string)), ("log_out_everywhere", obj(id_0=num))]
EVENT = tag(("attached", obj(user=string, resumed=boolean, rooms=PLACES)), ("replaced", obj()),
            ("refused", obj(code=num, reason=string, message=string, retry_after_ms_0=opt(num))),
            ("members", obj(**POSITION, fresh=boolean, total=num, users=NAMES)), ("joined", obj(**POSITION, user=string)),
            ("left", obj(**POSITION, user=string, why=one("left", "quit", "lost"))),
            ("churned", obj(**POSITION, joined=num, left=num, total=num, joined_users=NAMES, left_users=NAMES)),
            ("said", obj(**{**POSITION, "from": string}, body=string)), ("topic_changed", obj(**POSITION, by=string, topic=opt(string))),
            ("whispered", obj(**{"from": string}, to=string, body=string, number=num)), ("caught_up", obj(**POSITION)),
            ("gap", obj(**POSITION, first_available=num, why=one("new_epoch", "not_kept", "corrupt"))), ("offered", OFFER),
            ("accepted", obj(**OF_USER, **{"from": num}, prefix_0=opt(digest))), ("declined", obj(**OF_USER)),
            ("paused", obj(**OF_USER, why=PAUSES)), ("resumed", obj(**OF_USER)), ("hashed", obj(**OF, hash=digest)),
            ("progressed", obj(**OF_USER, offset=num)), ("finished", obj(**OF_USER)),
            ("cancelled", obj(**OF_USER, by=string, why=ENDS)), ("closed", obj(**OF, why=ENDS)),
            ("role_changed", obj(**POSITION, user=string, by=string, role=ROLES)),
            ("kicked", obj(**POSITION, user=string, by=string, reason=opt(string), banned=boolean)),
            ("restricted", obj(**POSITION, user=string, by=string, what=WHAT, until=opt(num), reason=opt(string))),
            ("lifted", obj(**POSITION, user=string, by=string, what=WHAT)), ("modes_changed", obj(**POSITION, by=string, modes=MODES)),
            ("deleted", obj(**POSITION, by=string, target=num, **{"from": string})), ("invited", obj(room=string, user=string, by=string)),
            ("removed", obj(**{**POSITION, "from": string}, by=string)), ("ranked", obj(**IN, role=ROLES)))
ANSWER = tag(("users", obj(room=opt(string), total=num, users=NAMES, more=boolean)),
             ("rooms", obj(total=num, rooms=many(obj(room=string, members=num, topic=opt(string))), more=boolean)),
             ("history", obj(room=string, epoch=num, count=num, more=boolean, newer=boolean)),
             ("search", obj(count=num, more=boolean)),
             ("transfers", obj(transfers=many(both(OFFER, obj(open=boolean, copies=many(COPY)))))),
             ("room", obj(room=string, modes=MODES, rank=one("member", "moderator", "owner", "operator"),
                          users=many(obj(user=string, role=ROLES, banned_0=opt(HELD), muted_0=opt(HELD), invited=boolean)), more=boolean)),
             ("audit", obj(entries=many(obj(number=num, at=num, by_0=opt(string), act=string, room_0=opt(string), user_0=opt(string),
                                            until_0=opt(num), reason_0=opt(string))), more=boolean)))
LIMITS = obj(body_bytes=num, frame_bytes=num, rooms=num, unanswered=num)
SERVER = [("welcome", obj(user=string, resumed=boolean, token=string, resumable_ms=num, at=num, durability=string, rooms=PLACES, limits=LIMITS)),
          (None, both(obj(re_0=num, past_0=boolean, at=num), EVENT)), (None, both(obj(re_0=num), ANSWER)), ("ping", NONCE), ("pong", NONCE),
          ("closing", obj(code=num, reason=string, message=string, reconnect_after_ms_0=opt(num))), CHUNK,
          ("credit", obj(**OF, **{"pass": num}, next=num, until=num)), ("stop", obj(**OF, **{"pass": num})), ("done", obj(re_0=num))]

def message(kinds, data):
    r = Reader(data)
    name, read = kinds[num(r)]
    found = {**({"type": name} if name else {}), **read(r)}
    assert r.at == len(data), "bytes are left over"
    return found

path = pathlib.Path(__file__).with_name("protocol.md")
vectors = re.findall(r"^```vector\n(client|server) (.*)\njson (.*)\nhex (.*)\n", path.read_text(encoding="utf-8"), re.M)
for side, title, expected, data in vectors:
    found = message(CLIENT if side == "client" else SERVER, bytes.fromhex(data))
    if found != json.loads(expected):
        sys.exit(f"{side} {title}: the hex says {found}, the JSON says {expected}")
if len(vectors) < 40:
    sys.exit(f"only {len(vectors)} vectors found in {path}")
print(f"{len(vectors)} vectors: the binary form says what the JSON says")
