//! Typed identities.
//!
//! An aggregate has a UUIDv7 in 16 bytes, shown as a typed prefix and 26 characters of Crockford's base 32
//! (`ord_01j9...`). What lives inside an order (a payment, a parcel) is numbered within it and shown as the order's
//! characters and its number (`pay_01j9...-1`), so that whoever holds such an id also knows which root to lock.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The place in [`ALPHABET`] of each byte that is in it.
const DIGITS: [Option<u8>; 256] = {
    let mut digits = [None; 256];
    let mut place = 0;
    while place < ALPHABET.len() {
        digits[ALPHABET[place] as usize] = Some(place as u8);
        place += 1;
    }
    digits
};

/// Sixteen bytes that identify a thing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Id(pub u128);

impl Id {
    /// The nil id; stands for "not tracked" where a column may not be null.
    pub const NIL: Self = Self(0);

    pub const fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// A UUIDv7 from milliseconds since 1970 (UTC) and 74 random bits.
    pub const fn v7(unix_ms: u64, random: u128) -> Self {
        let ms = (unix_ms as u128 & 0xffff_ffff_ffff) << 80;
        let high = (random >> 62 & 0xfff) << 64;
        Self(ms | 0x7 << 76 | high | 0b10 << 62 | random & 0x3fff_ffff_ffff_ffff)
    }

    /// Milliseconds since 1970 (UTC) that a version 7 id carries.
    pub const fn unix_ms(self) -> u64 {
        (self.0 >> 80) as u64
    }

    fn write_base32(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }

    fn parse_base32(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 26 || bytes[0] > b'7' {
            return None;
        }
        let mut value = 0u128;
        for byte in bytes {
            let digit = DIGITS[usize::from(*byte)]?;
            value = value << 5 | u128::from(digit);
        }
        Some(Self(value))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_base32(f)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_base32(f)
    }
}

/// The text is not an id of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError {
    pub expected_prefix: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id that looks like {}_01h455vb4pex5vsknk084sn02q", self.expected_prefix)
    }
}

impl std::error::Error for IdError {}

macro_rules! text_serde {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! typed_ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Id);

        impl $name {
            pub const PREFIX: &'static str = $prefix;
            pub const NIL: Self = Self(Id::NIL);
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                self.0.write_base32(f)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(Id::parse_base32)
                    .map(Self)
                    .ok_or(IdError { expected_prefix: $prefix })
            }
        }
        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                Self(id)
            }
        }
        text_serde!($name);
    )+};
}

typed_ids! {
    OrderId = "ord",
    ItemId = "itm",
    LocationId = "loc",
    ChannelId = "chn",
    CustomerId = "cus",
    /// A lot of an item; nil where lots are not tracked.
    LotId = "lot",
    ReservationId = "res",
    TransferId = "trf",
    /// A receipt, adjustment or count: the document that stock postings without an order belong to.
    StockDocumentId = "stk",
    ApiKeyId = "key",
    /// One immutable version of a person's or organization's name and contacts.
    PartyId = "pty",
    AddressId = "adr",
    /// One piece of free text (instructions, gift note, raw carrier message).
    TextId = "txt",
    EventId = "evt",
    StoreId = "sto",
    WebhookEndpointId = "whe",
    UserId = "usr",
    /// Somebody being signed in.
    SessionId = "ses",
}

macro_rules! inner_ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name { pub order_id: OrderId, pub number: u32 }

        impl $name {
            pub const PREFIX: &'static str = $prefix;
            pub const fn new(order_id: OrderId, number: u32) -> Self {
                Self { order_id, number }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                self.order_id.0.write_base32(f)?;
                write!(f, "-{}", self.number)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let parse = || {
                    let (order, number) = text.strip_prefix(concat!($prefix, "_"))?.split_once('-')?;
                    if number.starts_with(['0', '+']) {
                        return None;
                    }
                    Some(Self { order_id: OrderId(Id::parse_base32(order)?), number: number.parse().ok()? })
                };
                parse().ok_or(IdError { expected_prefix: $prefix })
            }
        }
        text_serde!($name);
    )+};
}

inner_ids! {
    /// A line of an order, numbered from 1 in the order of placing.
    LineId = "lin",
    HoldId = "hld",
    PaymentId = "pay",
    /// One authorize, capture, void or refund on a payment.
    TransactionId = "txn",
    FulfillmentOrderId = "ful",
    ParcelId = "pcl",
    ShipmentId = "shp",
    ReturnId = "ret",
    RefundId = "rfd",
}

/// Mints the ids of one attempt: the same base gives the same ids, so a decision that runs again names the same things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdSource {
    base: Id,
}

impl IdSource {
    /// How many ids one attempt may mint.
    pub const CAPACITY: u32 = 1 << 16;

    /// `base` is a version 7 id; its last 16 bits are replaced by the counter.
    pub const fn new(base: Id) -> Self {
        Self { base: Id(base.0 & !0xffff) }
    }

    /// The n-th id of this attempt.
    pub fn nth<T: From<Id>>(self, n: u32) -> T {
        debug_assert!(n < Self::CAPACITY);
        T::from(Id(self.base.0 | u128::from(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_what_was_shown_and_no_other_kind_accepts_it() {
        let id = OrderId(Id::v7(1_700_000_000_123, 0x1234_5678_9abc_def0_1234));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<ItemId>().is_err());
        assert_eq!(id.0.unix_ms(), 1_700_000_000_123);
        assert_eq!(id.0.bytes()[6] >> 4, 7, "version");
        assert_eq!(id.0.bytes()[8] >> 6, 2, "variant");
        let payment = PaymentId::new(id, 12);
        assert_eq!(payment.to_string().parse(), Ok(payment));
        for wrong in ["", "ord_", "ord_zzzzzzzzzzzzzzzzzzzzzzzzzz", "ord_0", "pay_x-1"] {
            assert!(wrong.parse::<OrderId>().is_err(), "{wrong}");
            assert!(wrong.parse::<PaymentId>().is_err(), "{wrong}");
        }
    }
}
