"""Every step of simulated time in viper, 96 captures a day one after the other before READY;
`integration_plain` has the contract.
"""

import micropython


@micropython.viper
def household(now: ptr32, day: int, minute: int, seed: int, connected: int, hours: ptr8, questions: ptr8):
    base = ((seed ^ day & 0x7FFF) * 31821 + 13849) & 0x7FFF
    i = 0
    while i < 14:
        h = ((base ^ minute // int(questions[2 * i])) * 31821 + 13849) & 0x7FFF
        h = ((h ^ h >> 7 ^ questions[2 * i + 1]) * 28629 + 12345) & 0x7FFF
        h = ((h ^ h >> 6) * 31821 + 6925) & 0x7FFF
        now[19 + i] = h >> 3
        i += 1
    generation = 0
    if connected:
        off = day % 1461 % 365 - 172
        if off < 0:
            off = 0 - off
        if off > 183:
            off = 365 - off
        half = 480 - off * 240 // 183
        x = minute - 740
        if x < half:
            if x > 0 - half:
                peak = (6200 - off * 20) * ((half * half - x * x) * 1000 // (half * half)) // 1000
                clear = 40 + now[19] * 60 // 4096
                generation = peak * (clear - now[20] * 12 // 4096) // 100
    now[12] = generation
    load = hours[minute // 60] * 10
    load = load * (70 + now[21] * 60 // 4096) // 100
    i = 0
    active = 0
    reactive = 0
    while i < 3:
        p = 0
        q = 0
        if connected:
            p = load // 3 + now[22 + i] * 30 // 4096
            q = p * 30 // 100 - 45
            if i == 0:
                if now[25] < load * 2:
                    p += 2100
            elif i == 1:
                if minute >= 480:
                    if now[26] < 900:
                        p += 900 + now[27] * 1100 // 4096
                        q += 160
            elif minute % 60 < 25 + now[28] * 20 // 4096:
                p += 640
                q += 330
            p -= generation // 3
        now[i] = p
        now[3 + i] = q
        active += p
        reactive += q
        volt = 2318 - p // 150 + now[29 + i] * 24 // 4096
        now[6 + i] = volt
        n = p * p + q * q
        x = 0
        if n:
            x = (p if p > 0 else 0 - p) + (q if q > 0 else 0 - q)
            while True:
                y = (x + n // x) // 2
                if y >= x:
                    break
                x = y
        now[9 + i] = x * 1000 // volt
        i += 1
    now[13] = 4997 + now[32] * 7 // 4096
    now[14] = active if active > 0 else 0
    now[15] = 0 - active if active < 0 else 0
    now[16] = reactive if reactive > 0 else 0
    now[17] = 0 - reactive if reactive < 0 else 0
    now[18] = generation


@micropython.viper
def flow(now: ptr32, rest: ptr32, energy: ptr32, seconds: int):
    c = 0
    while c < 5:
        joule = rest[c] + now[14 + c] * seconds * 10
        energy[c] = joule // 36
        rest[c] = joule % 36
        c += 1


@micropython.viper
def book(energy: ptr32, rest: ptr32, registers: ptr8, tariff: int):
    i = 0
    while i < 7:
        r = i
        milli = energy[i if i < 5 else i - 5]
        if i >= 5:
            r = 5 + 2 * (i - 5) + tariff
        milli += rest[r]
        whole = milli // 1000
        rest[r] = milli - whole * 1000
        at = 5 * r + 4
        while whole:
            # an addition of octets, the lowest first: `whole` is what is still
            # to be added, with the carry
            whole += registers[at]
            registers[at] = whole
            whole >>= 8
            if at == 5 * r + 1:
                break
            at -= 1
        i += 1


@micropython.viper
def show(now: ptr32, values: ptr8):
    p = 0
    q = 0
    i = 0
    while i < 6:
        # ptr32 reads without a sign where an int has 64 bits: it is in bit
        # 29 of these numbers as well
        v = now[i] & 0x3FFFFFFF
        if v > 0x1FFFFFFF:
            v = v - 0x3FFFFFFF - 1
        if i < 3:
            p += v
        else:
            q += v
        i += 1
    n = p * p + q * q
    s = 0
    if n:
        s = (p if p > 0 else 0 - p) + (q if q > 0 else 0 - q)
        while True:
            y = (s + n // s) // 2
            if y >= s:
                break
            s = y
    i = 0
    while i < 13:
        # the four-octet values, in their order: six of the sum, generation,
        # then import and export by phase
        if i < 6:
            at = 1 + 5 * i
            if i == 0:
                v = p if p > 0 else 0
            elif i == 1:
                v = 0 - p if p < 0 else 0
            elif i == 2:
                v = p
            elif i == 3:
                v = q if q > 0 else 0
            elif i == 4:
                v = 0 - q if q < 0 else 0
            else:
                v = s
        elif i == 6:
            at = 37
            v = now[12]
        elif i < 10:
            at = 42 + 5 * (i - 7)
            v = now[i - 7] & 0x3FFFFFFF
            if v > 0x1FFFFFFF:
                v = 0
        else:
            at = 57 + 5 * (i - 10)
            v = now[i - 10] & 0x3FFFFFFF
            v = 0x3FFFFFFF - v + 1 if v > 0x1FFFFFFF else 0
        values[at] = v >> 24
        values[at + 1] = v >> 16
        values[at + 2] = v >> 8
        values[at + 3] = v
        i += 1
    i = 0
    while i < 8:
        # the two-octet values: power factor, frequency, voltage and current by phase
        if i == 0:
            at = 31
            v = 1000
            if s:
                v = (p if p > 0 else 0 - p) * 1000 // s
        elif i == 1:
            at = 34
            v = now[13]
        elif i < 5:
            at = 72 + 3 * (i - 2)
            v = now[6 + i - 2]
        else:
            at = 81 + 3 * (i - 5)
            v = now[9 + i - 5]
        values[at] = v >> 8
        values[at + 1] = v
        i += 1


@micropython.viper
def until(periodic, slot: int, second: int, most: int) -> int:
    n = slot - second % slot
    if 86400 - second < n:
        n = 86400 - second
    if most < n:
        n = most
    i = int(len(periodic)) - 1
    while i >= 0:
        period = int(periodic[i].period)
        if period:
            left = period - second % period
            if left < n:
                n = left
        i -= 1
    return n


@micropython.viper
def due(periodic, second: int) -> bool:
    i = int(len(periodic)) - 1
    while i >= 0:
        period = int(periodic[i].period)
        if period:
            if second % period == 0:
                return True
        i -= 1
    return False
