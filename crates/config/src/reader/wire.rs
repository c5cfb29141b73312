//! Protobuf's wire format, as far as the well-known types need it. Fields at their default are left out, as in proto3.

/// Appends a field of type `int32`, `int64`, `uint32`, `uint64` or `bool`. Negative numbers go as two's complement of
/// 64 bits, whatever their type.
pub(super) fn push_varint(out: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        push_key(out, field, 0);
        push_raw_varint(out, value);
    }
}

/// Appends a field of type `double`.
pub(super) fn push_double(out: &mut Vec<u8>, field: u8, value: f64) {
    // Negative zero is not the default.
    if value.to_bits() != 0 {
        push_key(out, field, 1);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends a field of type `float`.
pub(super) fn push_float(out: &mut Vec<u8>, field: u8, value: f32) {
    if value.to_bits() != 0 {
        push_key(out, field, 5);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends a field of type `string`, `bytes`, or a message.
pub(super) fn push_bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    if !value.is_empty() {
        push_element(out, field, value);
    }
}

/// Appends an element of a repeated `string`, `bytes` or message: it is there even if it is empty.
pub(super) fn push_element(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    push_key(out, field, 2);
    push_raw_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn push_key(out: &mut Vec<u8>, field: u8, wire_type: u8) {
    push_raw_varint(out, u64::from(field) << 3 | u64::from(wire_type));
}

fn push_raw_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
