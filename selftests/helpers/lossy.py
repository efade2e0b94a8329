#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lossy.py FRONT BACK COUNT: passes HTTP requests from the socket FRONT to the
socket BACK, and loses some of the answers to enrolments:
as long as the number in the file COUNT is above zero, it is lowered by one and
the answer to a POST /v1/enrol, which BACK has given, is dropped."""

import os
import socket
import sys
import threading


def lose(path, request):
    if not request.startswith(b"POST /v1/enrol "):
        return False
    with open(path, encoding="ascii") as f:
        left = int(f.read() or 0)
    if left > 0:
        with open(path, "w", encoding="ascii") as f:
            f.write(str(left - 1))
    return left > 0


def whole(data):
    head, end, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return end and len(body) >= int(value)
    return bool(end)


def serve(front, back_path, count):
    with front, socket.socket(socket.AF_UNIX) as back:
        back.connect(back_path)
        request = b""
        while not whole(request):
            more = front.recv(65536)
            if not more:
                return
            request += more
        back.sendall(request)
        answer = b""
        while not whole(answer):
            more = back.recv(65536)
            if not more:
                break
            answer += more
        if not lose(count, request):
            front.sendall(answer)


def main():
    front_path, back_path, count = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    if os.path.exists(front_path):
        os.unlink(front_path)
    listener.bind(front_path)
    os.chmod(front_path, 0o666)
    listener.listen(16)
    while True:
        front, _ = listener.accept()
        threading.Thread(target=serve, args=(front, back_path, count), daemon=True).start()


main()
