// The other end of the USB cable: a computer that takes the board's serial port (CDC) into use and keeps it open.

import { USBCDC } from 'rp2040js';

const PACKET = 64; // octets of a full-speed bulk transfer

export class UsbSerial {
  /** onData: is given what the board says, a Uint8Array at a time. */
  constructor(controller, onData) {
    this.controller = controller;
    this.waiting = []; // octets for the board that it has not asked for yet
    this.asked = false; // whether the board waits for octets
    this.cdc = new USBCDC(controller);
    this.cdc.onSerialData = onData;
    // rp2040js answers every question at once, with nothing if there is nothing: the board would ask for ever.
    controller.onEndpointRead = (endpoint) => {
      if (endpoint === this.cdc.outEndpoint) {
        this.asked = true;
        this.#pass();
      }
    };
  }

  /** Octets for the board; they wait until it takes them. */
  send(octets) {
    this.waiting.push(...octets);
    this.#pass();
  }

  #pass() {
    if (this.asked && this.waiting.length) {
      this.asked = false;
      this.controller.endpointReadDone(this.cdc.outEndpoint, Uint8Array.from(this.waiting.splice(0, PACKET)));
    }
  }
}
