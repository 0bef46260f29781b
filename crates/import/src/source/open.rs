//! Opening files: which of the candidates is there, compressed or not, in which encoding.

use crate::error::ImportError;
use crate::map::{Encoding, FileSpec, Format};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// The argument of the command in a mapping's paths.
const ARGUMENT: &str = "$FILE";

/// Where a file of the mapping lies; None for an optional one that is not there.
///
/// # Errors
/// [`ImportError::MissingFile`] where a required file is not there.
pub fn locate(spec: &FileSpec, source: &Path) -> Result<Option<PathBuf>, ImportError> {
    let directory = if source.is_dir() { source } else { source.parent().unwrap_or(Path::new("")) };
    let paths = spec.path.iter().map(|path| match path.as_str() {
        ARGUMENT => source.to_owned(),
        other => directory.join(other),
    });
    match paths.clone().find(|path| path.is_file()) {
        Some(found) => Ok(Some(found)),
        None if spec.optional => Ok(None),
        None => Err(ImportError::MissingFile {
            name: spec.name.clone(),
            paths: paths.map(|path| path.display().to_string()).collect(),
        }),
    }
}

/// A reader of the file's records, as UTF-8. Compressed files are told by their first bytes.
///
/// # Errors
/// [`ImportError::Unreadable`].
pub fn records(path: &Path, format: &Format) -> Result<csv::Reader<Box<dyn Read>>, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    let mut first = [0; 2];
    let magic = File::open(path).and_then(|mut file| {
        let count = file.read(&mut first)?;
        Ok(count == 2 && first == [0x1f, 0x8b])
    });
    let file = File::open(path).map_err(unreadable)?;
    let plain: Box<dyn Read> = if magic.map_err(unreadable)? {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file)))
    } else {
        Box::new(file)
    };
    let decoded: Box<dyn Read> = match format.encoding {
        Encoding::Utf8 => plain,
        encoding => Box::new(Decoder { inner: BufReader::new(plain), encoding, left: Vec::new() }),
    };
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(format.delimiter).flexible(true).buffer_capacity(1 << 17);
    match format.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    Ok(builder.from_reader(decoded))
}

/// Turns bytes of a single-byte encoding into UTF-8.
struct Decoder<R> {
    inner: BufReader<R>,
    encoding: Encoding,
    /// Decoded and not yet handed out, in reverse.
    left: Vec<u8>,
}

/// Windows-1252 from 0x80 to 0x9f; unassigned bytes are the replacement character.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}', '\u{fffd}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
];

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.left.is_empty() {
            let mut bytes = [0; 4096];
            let count = self.inner.read(&mut bytes)?;
            let text: String = bytes[..count]
                .iter()
                .map(|byte| match (self.encoding, byte) {
                    (Encoding::Windows1252, 0x80..=0x9f) => WINDOWS_1252[usize::from(byte - 0x80)],
                    _ => char::from(*byte),
                })
                .collect();
            self.left = text.into_bytes();
            self.left.reverse();
        }
        let count = out.len().min(self.left.len());
        for place in &mut out[..count] {
            *place = self.left.pop().unwrap_or_default();
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Latin-1 is the first 256 characters of Unicode; Windows-1252 differs from it in 32 of them (its code page as Unicode
        /// publishes it). Whatever the bytes, each is one character.
        #[test]
        fn any_bytes_of_a_single_byte_encoding_are_read(bytes in prop::collection::vec(any::<u8>(), 0..10_000)) {
            let decoded = |encoding| {
                let mut text = String::new();
                let mut decoder = Decoder { inner: BufReader::new(&*bytes), encoding, left: Vec::new() };
                decoder.read_to_string(&mut text).map(|_| text)
            };
            let latin = decoded(Encoding::Latin1).expect("text");
            prop_assert!(latin.chars().map(u32::from).eq(bytes.iter().map(|byte| u32::from(*byte))));
            let windows = decoded(Encoding::Windows1252).expect("text");
            prop_assert_eq!(windows.chars().count(), bytes.len());
            for (read, byte) in windows.chars().zip(&bytes) {
                let is_other = (0x80..0xa0).contains(byte);
                prop_assert!(is_other != (u32::from(read) == u32::from(*byte)), "{byte:x} as {read:?}");
            }
        }
    }

    #[test]
    fn single_byte_encodings_become_utf_8() {
        let decode = |bytes: &'static [u8], encoding| {
            let mut text = String::new();
            let mut decoder = Decoder { inner: BufReader::new(bytes), encoding, left: Vec::new() };
            decoder.read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(decode(b"M\xfcnster \xa310", Encoding::Latin1), "Münster £10");
        assert_eq!(decode(b"\x80 5 \x93ok\x94", Encoding::Windows1252), "€ 5 “ok”");
    }
}
