"""CRC-32C: the checksum of Snappy's framing format, which the standard library does not have."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
LANE = 256  # bytes that are summed one after the other, in all lanes of the data at once
REGISTER = 4  # bytes
MASK = 0xA282EAD8  # of Snappy's framing format


def masked_crc32c(data: bytes) -> int:
    """Return the masked CRC-32C of Snappy's framing format."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of data.

    A CRC is linear: the register after the data is the sum of the registers after each lane, each
    moved over the lanes behind it. Zeros before the data do not change a register of zeros. The
    register of ones, with which a CRC begins, inverts the first four bytes.
    """
    if len(data) < REGISTER:
        return _short(data)
    lanes = np.zeros((-(-len(data) // LANE), LANE), np.uint8)
    filled = lanes.reshape(-1)[-len(data) :]
    filled[:] = np.frombuffer(data, np.uint8)
    filled[:REGISTER] ^= 0xFF
    registers = np.zeros(len(lanes), np.uint32)
    table = _table()
    for column in np.ascontiguousarray(lanes.T):
        registers = table[(registers ^ column) & 0xFF] ^ (registers >> 8)
    return int(_joined(registers)) ^ 0xFFFFFFFF


def _joined(registers: Words) -> int:
    """Return the register after all lanes, pairwise: the left one moves over the right one."""
    level = 0
    while len(registers) > 1:
        if len(registers) % 2:
            registers = np.concatenate([np.zeros(1, np.uint32), registers])
        registers = _moved(registers[::2], level) ^ registers[1::2]
        level += 1
    return int(registers[0])


def _moved(registers: Words, level: int) -> Words:
    """Return registers after `LANE << level` bytes of zero."""
    tables = _zeros(level)
    moved: Words = tables[0][registers & 0xFF]
    for position in range(1, REGISTER):
        moved = moved ^ tables[position][(registers >> 8 * position) & 0xFF]
    return moved


@cache
def _zeros(level: int) -> Words:
    """Return, for each byte of a register, what its values become."""
    values = np.arange(256, dtype=np.uint32)
    tables = np.stack([values << 8 * position for position in range(REGISTER)])
    if level:
        return np.stack([_moved(_moved(row, level - 1), level - 1) for row in tables])
    table = _table()
    for _ in range(LANE):
        tables = table[tables & 0xFF] ^ (tables >> 8)
    return tables


def _short(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register = int(_table()[(register ^ byte) & 0xFF]) ^ (register >> 8)
    return register ^ 0xFFFFFFFF


@cache
def _table() -> Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)
