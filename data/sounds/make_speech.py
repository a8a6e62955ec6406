#!/usr/bin/env python3
"""Makes the speech of alice, bob and charlie in this folder: NAME_speech.wav (8 kHz) and
NAME_speech_16k.wav (16 kHz), mono, PCM16, 4.85 s each.

espeak-ng speaks the words (written with version 1.51; `apt-get install espeak-ng`). It synthesises
by rule and plays no recorded voice; its licence (GPL) covers the program and not its output, so
the files carry no rights of others. The built files are kept beside this script: a user needs
neither.

Each file has an active level of -23 dBFS (mean power of the 20 ms frames within 40 dB of the
loudest one) and white noise at -60 dBFS throughout. espeak-ng leaves digital silence between
words; a real line never does, and a watermark can hide only in noise.

    make_speech.py            writes the files
    make_speech.py --check    writes nothing; ends with 1 when a file is not what it would write
"""

import math
import random
import subprocess
import sys
from array import array

from make_sounds import wav, write_or_check

SECONDS = 4.85  # six files stay below 700 kB; a quality score needs about 5 s
LEAD = 0.15  # noise before the first word, in seconds
ACTIVE = -23.0  # dBFS
FLOOR = -60.0  # dBFS
RATES = {8000: "", 16000: "_16k"}

# A voice: espeak-ng's voice and pitch, words a minute, and what it says.
VOICES = {
    "alice": dict(
        voice="en-gb+f2",
        pitch=60,
        speed=165,
        text="Good morning, this is Alice. Nine boats left the harbour before the rain came.",
    ),
    "bob": dict(
        voice="en-us+m3",
        pitch=40,
        speed=185,
        text="Hello, Bob speaking. The old clock on the bridge shows a quarter past seven.",
    ),
    "charlie": dict(
        voice="en-gb-scotland+m7",
        pitch=55,
        speed=175,
        text="Charlie here. Please bring five yellow chairs from the kitchen into the garden.",
    ),
}


def spoken(voice):
    """What espeak-ng says: its rate and its samples, full scale 1.0."""
    command = ["espeak-ng", "-v", voice["voice"], "-p", str(voice["pitch"]), "-s", str(voice["speed"]), "--stdout"]
    answer = subprocess.run([*command, voice["text"]], check=True, capture_output=True).stdout
    # the header of a streamed file has no true length: the samples begin after 44 bytes
    rate = int.from_bytes(answer[24:28], "little")
    pcm = array("h", answer[44 : len(answer) - len(answer) % 2])
    if sys.byteorder == "big":
        pcm.byteswap()
    return rate, trimmed([value / 32768 for value in pcm])


def trimmed(samples):
    """Without the silence before the first and after the last word."""
    loud = [place for place, value in enumerate(samples) if abs(value) > 0.002]
    return samples[loud[0] : loud[-1] + 1]


def resampled(samples, rate, wanted):
    """At the wanted rate, by a windowed sinc that passes up to 0.45 of the lower rate."""
    cut = 0.9 * min(1.0, wanted / rate)
    half = math.ceil(16 / cut)
    result = []
    for place in range(len(samples) * wanted // rate):
        middle = place * rate / wanted
        first, last = max(0, math.ceil(middle - half)), min(len(samples), math.floor(middle + half) + 1)
        result.append(sum(samples[i] * kernel(i - middle, cut, half) for i in range(first, last)))
    return result


def kernel(away, cut, half):
    """A sinc of this cut-off (share of the band), windowed by a raised cosine."""
    turn = math.pi * cut * away
    sinc = 1.0 if turn == 0 else math.sin(turn) / turn
    return cut * sinc * (0.5 + 0.5 * math.cos(math.pi * away / half))


def active_power(samples, rate):
    """Mean power of the 20 ms frames within 40 dB of the loudest one."""
    size = rate // 50
    frames = [sum(value * value for value in samples[i : i + size]) / size for i in range(0, len(samples) - size + 1, size)]
    active = [power for power in frames if power > max(frames) / 10**4]
    return sum(active) / len(active)


def samples_at(speech, rate, wanted, name):
    """The file's samples as PCM16."""
    words = resampled(speech, rate, wanted)
    gain = math.sqrt(10 ** (ACTIVE / 10) / active_power(words, wanted))
    size, start = round(SECONDS * wanted), round(LEAD * wanted)
    assert start + len(words) <= size, f"{name} speaks for {len(words) / wanted:.2f} s: too long"
    noise = random.Random(f"{name} {wanted}")
    sound = [noise.gauss(0, 10 ** (FLOOR / 20)) for _ in range(size)]
    for place, value in enumerate(words):
        sound[start + place] += gain * value
    assert max(abs(value) for value in sound) < 0.99, f"{name} would clip"
    return array("h", (round(value * 32767) for value in sound))


def made():
    """Each file's name and bytes."""
    for name, voice in VOICES.items():
        rate, speech = spoken(voice)
        for wanted, suffix in RATES.items():
            yield f"{name}_speech{suffix}.wav", wav(samples_at(speech, rate, wanted, name), wanted)


if __name__ == "__main__":
    sys.exit(write_or_check(made, sys.argv[1:], __doc__))
