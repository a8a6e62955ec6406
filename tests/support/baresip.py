#!/usr/bin/env python3
"""Speaks like a baresip as far as a host needs it to start: banner, log, ctrl_tcp. Calls nobody.

Its own command `flood COUNT` writes so many log lines as fast as it can, and tells of the end by an event FLOODED.
"""
import json
import os
import socket
import sys
import threading

if "-h" in sys.argv:
    print("baresip v4.12.0 Copyright (C) 2010 - 2026 Alfred E. Heggestad et al.")
    sys.exit(254)

config = {}
with open("config") as file:
    for line in file:
        key, _, value = line.strip().partition(" ")
        config.setdefault(key, value)

host, _, port = config["ctrl_tcp_listen"].rpartition(":")
sip_host, _, sip_port = config["sip_listen"].rpartition(":")
listener = socket.create_server((host, int(port)))
print("baresip is ready.", flush=True)
connection, _ = listener.accept()
writing = threading.Lock()


def send(message):
    data = json.dumps(message).encode()
    with writing:
        connection.sendall(b"%d:%s," % (len(data), data))


def flood(count):
    number = 0
    while number < count:
        upto = min(number + 1000, count)
        data = memoryview("".join(f"flood: line {n} of what nobody wanted to know about this call\n" for n in range(number, upto)).encode())
        while data:
            data = data[os.write(1, data):]
        number = upto
    send({"event": True, "class": "other", "type": "FLOODED"})


def answer(text):
    word, _, rest = text.partition(" ")
    if word == "sipstat":
        return f"Transports: {sip_host}:{sip_port} (UDP)\n"
    if word == "flood":
        threading.Thread(target=flood, args=(int(rest),), daemon=True).start()
    return ""


buffer = b""
while True:
    data = connection.recv(65536)
    if not data:
        break
    buffer += data
    while b":" in buffer:
        length, _, rest = buffer.partition(b":")
        if len(rest) <= int(length):
            break
        request, buffer = json.loads(rest[: int(length)]), rest[int(length) + 1 :]
        text = " ".join(filter(None, [request["command"], request.get("params")]))
        send({"response": True, "ok": True, "data": answer(text), "token": request.get("token", "")})
        if text == "quit":
            os._exit(0)
