"""logind as far as Inhibit goes, on a bus of the test's own: node's D-Bus libraries can pass no descriptors.

python3 logind.py SOCKET grant|silent|ERROR_NAME[:WHAT]   (WHAT: refuse only who asks for this, too)
Prints a line for each call and for each inhibitor that has ended. D-Bus specification: message format, EXTERNAL, UNIX_FD.
"""
import os, select, socket, struct, sys

path, answer = sys.argv[1], sys.argv[2]
bus = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
bus.connect(path)
bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
bus.recv(4096)
bus.sendall(b"NEGOTIATE_UNIX_FD\r\n")
bus.recv(4096)
bus.sendall(b"BEGIN\r\n")
serial = 0


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def padded(data, to):
    return data + b"\0" * (-len(data) % to)


def send(kind, fields, body=b"", fds=()):
    global serial
    serial += 1
    head = b""
    for code, signature, value in fields:
        head = padded(head, 8) + bytes([code, len(signature)]) + signature.encode() + b"\0"
        if signature in "so":
            head += text(value)
        elif signature == "g":
            head += bytes([len(value)]) + value.encode() + b"\0"
        else:
            head = padded(head, 4) + struct.pack("<I", value)
    message = struct.pack("<BBBBIII", 108, kind, 1, 1, len(body), serial, len(head)) + head
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("%di" % len(fds), *fds))] if fds else []
    bus.sendmsg([padded(message, 8) + body], rights)


def call(member, signature="", body=b""):
    target = [(1, "o", "/org/freedesktop/DBus"), (2, "s", "org.freedesktop.DBus"), (3, "s", member)]
    more = [(8, "g", signature)] if signature else []
    send(1, target + more + [(6, "s", "org.freedesktop.DBus")], body)


def fields_of(data):
    found, at = {}, 0
    while at < len(data):
        at += -at % 8
        code, length = data[at], data[at + 1]
        signature = data[at + 2 : at + 2 + length].decode()
        at += 3 + length
        if signature == "g":
            size = data[at]
            found[code] = data[at + 1 : at + 1 + size].decode()
            at += size + 2
            continue
        at += -at % 4
        (size,) = struct.unpack_from("<I", data, at)
        at += 4
        if signature == "u":
            found[code] = size
        else:
            found[code] = data[at : at + size].decode()
            at += size + 1
    return found


def strings(data):
    found, at = [], 0
    while at < len(data):
        at += -at % 4
        (size,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + size].decode())
        at += size + 5
    return found


def say(*words):
    print(*words, flush=True)


call("Hello")
call("RequestName", "su", padded(text("org.freedesktop.login1"), 4) + struct.pack("<I", 4))
held, buffer = [], b""
say("ready")
while True:
    readable, _, _ = select.select([bus, *held], [], [])
    for end in [one for one in held if one in readable]:
        held.remove(end)
        os.close(end)
        say("released")
    if bus not in readable:
        continue
    piece = bus.recv(65536)
    if not piece:
        break
    buffer += piece
    while len(buffer) >= 16:
        body, number, head = struct.unpack_from("<III", buffer, 4)
        start = 16 + head + (-head % 8)
        if len(buffer) < start + body:
            break
        kind, fields, content = buffer[1], fields_of(buffer[16 : 16 + head]), buffer[start : start + body]
        buffer = buffer[start + body :]
        if kind != 1 or fields.get(3) != "Inhibit":
            continue
        what, who, why, mode = strings(content)
        say("call", what, who, mode)
        back = [(5, "u", number), (6, "s", fields[7])]
        refused, _, only = answer.partition(":")
        if answer == "silent":
            continue
        if answer != "grant" and only in what:
            send(3, back + [(4, "s", refused), (8, "g", "s")], text("so not"))
            continue
        mine, theirs = os.pipe()
        send(2, back + [(8, "g", "h"), (9, "u", 1)], struct.pack("<I", 0), [theirs])
        os.close(theirs)
        held.append(mine)
