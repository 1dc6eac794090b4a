// The ring oscillator, of which the rp2 port uses the random bit. rp2040js has none: every bit would be a one.
// The bits come from xorshift128, seeded from outside: NOT cryptographic, fit for tests only.

import { BasePeripheral } from 'rp2040js';

const STATUS = 0x18;
// stable and enabled, which newer SDKs make sure of before they draw a bit
const RUNNING = (1 << 31) | (1 << 12);
const RANDOMBIT = 0x1c;

export class Rosc extends BasePeripheral {
  /** seed: four 32-bit words, not all zero; used up as bits are drawn, so that it differs after a reset. */
  constructor(rp2040, seed) {
    super(rp2040, 'ROSC');
    this.state = seed;
  }

  readUint32(register) {
    if (register === STATUS) {
      return RUNNING;
    }
    return register === RANDOMBIT ? this.bit() : 0;
  }

  writeUint32() {}

  bit() {
    const s = this.state;
    let t = s[3];
    t ^= t << 11;
    t ^= t >>> 8;
    s[3] = s[2];
    s[2] = s[1];
    s[1] = s[0];
    s[0] = t ^ s[0] ^ (s[0] >>> 19);
    return (s[0] >>> 16) & 1;
  }
}
