//! CBOR by hand.

use serde_cbor_2::Value;

pub(super) fn integer(number: i64) -> Value {
    Value::Integer(number.into())
}

pub(super) fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn map(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::Map(pairs.into_iter().collect())
}

pub(super) fn to_vec(value: &Value) -> Vec<u8> {
    serde_cbor_2::to_vec(value).unwrap()
}
