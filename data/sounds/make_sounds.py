#!/usr/bin/env python3
"""Makes alice.wav, bob.wav and charlie.wav in this folder: 8 kHz, mono, PCM16, 32 s each.

Who speaks is known by ear (register, rhythm, melody) and by one pilot frequency, which sounds
through the whole file and is stronger than the pilots of the other two by far:

    alice    440 Hz   slow and low, like a lullaby     (notes 330 to 660 Hz)
    bob     1000 Hz   a skipping marimba               (notes 750 to 1250 Hz)
    charlie 1700 Hz   quick and high, like a bird      (notes 1360 to 2550 Hz)

No pilot is a harmonic of another, no note or overtone of one lies within 90 Hz of another's pilot, and
all lie in the telephone band, so G.711 keeps them apart. Phrases recur in changing order, so that
a place in the file can be found again.

    make_sounds.py            writes the files
    make_sounds.py --check    writes nothing; ends with 1 when a file is not what it would write
"""

import io
import math
import sys
import wave
from array import array
from pathlib import Path

RATE = 8000
SECONDS = 32
PEAK = 10 ** (-9 / 20)  # of full scale: loud enough to measure, far from clipping

# A voice: its pilot, the notes by letter, the length of a slot in seconds, how fast a note fades (1/s), the
# overtones as {multiple: share}, and its melody: phrases by name and their order. A dot lengthens the note before it.
VOICES = {
    "alice": dict(
        pilot=440,
        notes=dict(a=330, b=440, c=550, d=660),
        slot=0.5,
        fade=2.0,
        overtones={1: 1.0, 2: 0.12},
        phrases=dict(A="b.cdc.b.", B="a.b.c.b.", C="d.cbc.a.", D="bcdcb.a."),
        order="ABACADBC",
    ),
    "bob": dict(
        pilot=1000,
        notes=dict(a=750, b=800, c=1000, d=1250),
        slot=0.2,
        fade=7.0,
        overtones={1: 1.0, 2: 0.08},
        phrases=dict(A="c.cdc.ac", B="d.dcb.bc", C="a.ccd.c.", D="cdcbabc."),
        order="ABACADABBCBDCADCABCD",
    ),
    "charlie": dict(
        pilot=1700,
        notes=dict(a=1360, b=1700, c=2125, d=2550),
        slot=0.1,
        fade=14.0,
        overtones={1: 1.0},
        phrases=dict(A="bcd.bcb.", B="dcb.b.a.", C="bbcbbdc.", D="abab.c.b"),
        order="ABACADBCBDCDAACBABDACCADBBADCABDCBDDACAB",
    ),
}


def samples(voice):
    """The voice as PCM16 samples at PEAK."""
    size = RATE * SECONDS
    # The pilot swells gently once every two seconds and is never gone: nobody falls silent.
    sound = [
        (0.30 + 0.08 * math.sin(math.pi * i / RATE)) * math.sin(math.tau * voice["pilot"] * i / RATE) for i in range(size)
    ]
    melody = "".join(voice["phrases"][name] for name in voice["order"])
    slot = round(voice["slot"] * RATE)
    assert slot * len(melody) == size, "the melody fills the file"
    for place, letter in enumerate(melody):
        if letter == ".":
            continue
        slots = 1
        while melody[place + slots : place + slots + 1] == ".":
            slots += 1
        add_note(sound, place * slot, slots * slot, voice["notes"][letter], voice)
    loudest = max(abs(value) for value in sound)
    return array("h", (round(value / loudest * PEAK * 32767) for value in sound))


def add_note(sound, start, length, pitch, voice):
    """A struck note: a short rise, a fade, and a release before its end, so that nothing clicks."""
    rise, release = RATE * 6 // 1000, RATE * 15 // 1000
    for i in range(length):
        level = min(1.0, i / rise, (length - i) / release) * math.exp(-voice["fade"] * i / RATE)
        turn = math.tau * pitch * i / RATE
        sound[start + i] += level * sum(share * math.sin(turn * n) for n, share in voice["overtones"].items())


def wav(pcm, rate):
    """The bytes of a WAV file: mono, PCM16."""
    if sys.byteorder == "big":
        pcm.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.tobytes())
    return file.getvalue()


def write_or_check(made, arguments, doc):
    """Writes the files, or compares them (`--check`): bytes by file name. The exit code."""
    if arguments not in ([], ["--check"]):
        print(doc, file=sys.stderr)
        return 2
    differing = []
    for name, content in made():
        path = Path(__file__).resolve().parent / name
        if not arguments:
            path.write_bytes(content)
        elif not path.is_file() or path.read_bytes() != content:
            differing.append(name)
    if differing:
        print(f"{', '.join(differing)}: not what this script makes; run it without --check", file=sys.stderr)
    return 1 if differing else 0


def made():
    """Each file's name and bytes."""
    for name, voice in VOICES.items():
        yield f"{name}.wav", wav(samples(voice), RATE)


if __name__ == "__main__":
    sys.exit(write_or_check(made, sys.argv[1:], __doc__))
