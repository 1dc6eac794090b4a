// The flash chip: 2 MB of NOR flash behind the boot ROM's functions, kept in a file, octet for octet.
//
// Erasing sets 4096 octets to FF; programming can only turn ones into zeros. Every operation is in the file before the processor goes on, so that
// killing the emulator is a power cut between two operations. The processor stands still meanwhile, as it does on the chip, whose
// flash cannot be read while it is written; what happens at the pins goes on.

import fs from 'node:fs';
import { BasePeripheral } from 'rp2040js';

export const FLASH_SIZE = 2 * 1024 * 1024;
const SECTOR = 4096;
const PAGE = 256;
// Typical times of the chip on a Pico, W25Q16JV: sector erase 45 ms, page program 0.4 ms
const ERASE_NANOS = 45e6;
const PROGRAM_NANOS = 0.4e6;
const XIP_BASE = 0x10000000;

const UF2_BLOCK = 512;
const UF2_MAGICS = [[0, 0x0a324655], [4, 0x9e5d5157], [508, 0x0ab16f30]];
const UF2_NOT_MAIN_FLASH = 1;

/** The file of the flash. Made when it is missing, all ones. */
export class FlashFile {
  constructor(path) {
    this.content = new Uint8Array(FLASH_SIZE).fill(0xff);
    this.operationsLeft = Infinity; // until the power goes
    const isNew = !fs.existsSync(path);
    this.file = fs.openSync(path, isNew ? 'wx+' : 'r+');
    if (isNew) {
      this.save(0, FLASH_SIZE);
      return;
    }
    const size = fs.fstatSync(this.file).size;
    if (size !== FLASH_SIZE) {
      throw new Error(`${path} is no flash of ${FLASH_SIZE} octets but a file of ${size}`);
    }
    fs.readSync(this.file, this.content, 0, FLASH_SIZE, 0);
  }

  save(offset, size) {
    fs.writeSync(this.file, this.content, offset, size, offset);
  }

  /** Put a UF2 file in, as the boot drive of the chip does: the sectors that it names, and no others. */
  load(path) {
    const octets = fs.readFileSync(path);
    const erased = new Set();
    for (let at = 0; at < octets.length; at += UF2_BLOCK) {
      if (at + UF2_BLOCK > octets.length || UF2_MAGICS.some(([where, magic]) => octets.readUInt32LE(at + where) !== magic)) {
        throw new Error(`${path} is not a UF2 file`);
      }
      const [flags, address, size] = [8, 12, 16].map((where) => octets.readUInt32LE(at + where));
      if (flags & UF2_NOT_MAIN_FLASH) {
        continue;
      }
      const offset = address - XIP_BASE;
      if (offset < 0 || size > 476 || offset + size > FLASH_SIZE) {
        throw new Error(`${path} has a block for address ${address.toString(16)}, where there is no flash`);
      }
      const sector = offset - (offset % SECTOR);
      if (!erased.has(sector)) {
        erased.add(sector);
        this.content.fill(0xff, sector, sector + SECTOR);
      }
      this.content.set(octets.subarray(at + 32, at + 32 + size), offset);
    }
    this.save(0, FLASH_SIZE);
  }
}

/** The registers that the boot ROM of boards/EMU_RP2040/rom writes: see boot.c there. */
export class FlashController extends BasePeripheral {
  constructor(rp2040, flash, onBootDrive, onPowerCut) {
    super(rp2040, 'FLASH');
    this.flash = flash;
    this.onBootDrive = onBootDrive;
    this.onPowerCut = onPowerCut;
    this.offset = this.size = this.source = 0;
  }

  readUint32() {
    return 0;
  }

  writeUint32(register, value) {
    switch (register) {
      case 0x00:
        this.offset = value >>> 0;
        break;
      case 0x04:
        this.size = value >>> 0;
        break;
      case 0x08:
        this.source = value >>> 0;
        break;
      case 0x0c:
        this.command(value);
        break;
    }
  }

  command(code) {
    if (code !== 3 && --this.flash.operationsLeft <= 0) {
      this.onPowerCut();
    }
    if (code === 1) {
      this.check(SECTOR);
      this.change((content, offset) => content.fill(0xff, offset, offset + this.size));
      this.rp2040.clock.tick((this.size / SECTOR) * ERASE_NANOS);
    } else if (code === 2) {
      this.check(PAGE);
      this.change((content, offset) => {
        for (let i = 0; i < this.size; i++) {
          content[offset + i] &= this.rp2040.readUint8(this.source + i);
        }
      });
      this.rp2040.clock.tick((this.size / PAGE) * PROGRAM_NANOS);
    } else if (code === 3) {
      this.onBootDrive();
    }
  }

  check(unit) {
    if (this.offset % unit || this.size % unit || this.offset + this.size > FLASH_SIZE) {
      throw new Error(`flash operation on ${this.size} octets at ${this.offset.toString(16)}: not whole units of ${unit} within the flash`);
    }
  }

  /** Change the file's content and what the processor sees of it. */
  change(operation) {
    const { content } = this.flash;
    operation(content, this.offset);
    this.flash.save(this.offset, this.size);
    this.rp2040.flash.set(content.subarray(this.offset, this.offset + this.size), this.offset);
  }
}
