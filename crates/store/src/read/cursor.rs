//! Cursors: the key of the last row shown, opaque to whoever carries it.

use super::ReadError;
use crate::value::{ColumnKind, Value};
use waybill_domain::ids::Id;

/// Writes a key as hexadecimal text. Only integers, ids and texts are keys of lists.
pub fn encode(key: &[Value]) -> String {
    let mut bytes = Vec::new();
    for value in key {
        match value {
            Value::Int(value) => {
                bytes.push(b'i');
                bytes.extend(value.to_be_bytes());
            }
            Value::Id(id) => {
                bytes.push(b'd');
                bytes.extend(id.bytes());
            }
            Value::Text(text) => {
                let cut = text.floor_char_boundary(usize::from(u16::MAX));
                bytes.push(b't');
                bytes.extend((cut as u16).to_be_bytes());
                bytes.extend(&text.as_bytes()[..cut]);
            }
            Value::Null | Value::Bool(_) | Value::Bytes(_) => bytes.push(b'n'),
        }
    }
    waybill_domain::chain::hex(&bytes)
}

/// Reads a key of these kinds back.
///
/// # Errors
/// [`ReadError::BadCursor`] for anything that [`encode`] did not make for the same list.
pub fn decode(text: &str, kinds: &[ColumnKind]) -> Result<Vec<Value>, ReadError> {
    let bytes = unhex(text).ok_or(ReadError::BadCursor)?;
    let mut rest = bytes.as_slice();
    let mut key = Vec::with_capacity(kinds.len());
    for kind in kinds {
        key.push(take(&mut rest, *kind).ok_or(ReadError::BadCursor)?);
    }
    if rest.is_empty() { Ok(key) } else { Err(ReadError::BadCursor) }
}

fn take(rest: &mut &[u8], kind: ColumnKind) -> Option<Value> {
    let (tag, after) = rest.split_first()?;
    let (value, after) = match (tag, kind) {
        (b'i', ColumnKind::Int) => {
            let (bytes, after) = after.split_at_checked(8)?;
            (Value::Int(i64::from_be_bytes(bytes.try_into().ok()?)), after)
        }
        (b'd', ColumnKind::Id) => {
            let (bytes, after) = after.split_at_checked(16)?;
            (Value::Id(Id::from_bytes(bytes.try_into().ok()?)), after)
        }
        (b't', ColumnKind::Text) => {
            let (length, after) = after.split_at_checked(2)?;
            let (bytes, after) = after.split_at_checked(usize::from(u16::from_be_bytes(length.try_into().ok()?)))?;
            let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
            (Value::from(text), after)
        }
        _ => return None,
    };
    *rest = after;
    Some(value)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair[0])? << 4 | digit(*pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        // Ends before, at and in the middle of a character, just about where a cursor is full.
        let long = (0..3_usize, 21_843..21_847_usize);
        let long = long.prop_map(|(before, count)| "x".repeat(before) + &"\u{20ac}".repeat(count));
        prop_oneof![
            any::<i64>().prop_map(Value::Int),
            any::<u128>().prop_map(|id| Value::Id(Id(id))),
            // No column holds a NUL.
            "[^\0]{0,20}".prop_map(Value::from),
            long.prop_map(Value::from),
        ]
    }

    fn kind(value: &Value) -> ColumnKind {
        match value {
            Value::Int(_) => ColumnKind::Int,
            Value::Id(_) => ColumnKind::Id,
            Value::Text(_) => ColumnKind::Text,
            Value::Null | Value::Bool(_) | Value::Bytes(_) => panic!("no key of a list"),
        }
    }

    proptest! {
        /// A text longer than a cursor holds is cut, and the list goes on from there.
        #[test]
        fn any_key_is_read_back(key in prop::collection::vec(value(), 0..4)) {
            let kinds: Vec<ColumnKind> = key.iter().map(kind).collect();
            let read = decode(&encode(&key), &kinds).expect("what was written");
            for (written, read) in key.iter().zip(&read) {
                match (written, read) {
                    (Value::Text(written), Value::Text(read)) if written.len() > usize::from(u16::MAX) => {
                        prop_assert!(written.starts_with(read.as_str()) && read.len() > usize::from(u16::MAX) - 4);
                    }
                    _ => prop_assert_eq!(written, read),
                }
            }
            prop_assert_eq!(read.len(), key.len());
        }

        /// Whatever somebody sends as a cursor is refused, or read as a key that is written the same.
        #[test]
        fn any_text_is_refused_or_read_back_the_same(text in prop_oneof![any::<String>(), "([0-9a-f]{2}){0,30}", "(69|64|74)[0-9a-fA-F]{0,40}"]) {
            for kinds in [vec![], vec![ColumnKind::Int], vec![ColumnKind::Id], vec![ColumnKind::Text], vec![ColumnKind::Text, ColumnKind::Int]] {
                if let Ok(key) = decode(&text, &kinds) {
                    prop_assert_eq!(encode(&key), text.to_lowercase());
                }
            }
        }
    }

    #[test]
    fn a_cursor_reads_back_and_nothing_else_passes_for_one() {
        let key = [Value::Int(-5), Value::Id(Id(77)), Value::Text("MUG-1".into())];
        let kinds = [ColumnKind::Int, ColumnKind::Id, ColumnKind::Text];
        let text = encode(&key);
        assert_eq!(decode(&text, &kinds), Ok(key.to_vec()));
        for wrong in ["", "zz", "6", &text[2..], &format!("{text}00"), "€"] {
            assert_eq!(decode(wrong, &kinds), Err(ReadError::BadCursor), "{wrong}");
        }
        assert_eq!(decode(&text, &[ColumnKind::Id]), Err(ReadError::BadCursor));
    }
}
