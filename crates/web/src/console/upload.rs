//! A form with a file in it, read whole within a bound.

use super::form::Form;
use crate::ask::{self, Context};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use futures_util::StreamExt;
use waybill_domain::refusal;

/// What is written between the fields of a multipart form, beside the file itself, in bytes at most.
const AROUND_MAX: usize = 64 << 10;
/// What is too large is read to its end up to here: a browser that is interrupted shows no answer.
const DRAINED_MAX: usize = 64 << 20;

/// A form and its one file, of at most `MAX` bytes.
#[derive(Debug)]
pub struct Upload<const MAX: usize> {
    pub form: Form,
    /// The bytes of the file; None where none was chosen.
    pub file: Option<Vec<u8>>,
    /// It was too large and is not here, and perhaps nothing of the form is.
    pub is_too_large: bool,
}

impl<const MAX: usize> FromRequest<WebState> for Upload<MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let (mut bytes, mut read) = (Vec::new(), 0);
        let mut stream = body.into_data_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Problem::malformed("The body ended before it was complete."))?;
            read += chunk.len();
            if read <= MAX + AROUND_MAX {
                bytes.extend_from_slice(&chunk);
            } else if read > DRAINED_MAX {
                return Err(ask::too_large(MAX));
            }
        }
        let is_too_large = read > MAX + AROUND_MAX;
        let body_hash = ask::body_hash(parts.method.as_str(), parts.uri.path(), &bytes);
        let context = Context { caller, key: None, body_hash, expected_version: None, minimal: false };
        if is_too_large {
            return Ok(Self { form: Form::of(Vec::new(), context)?, file: None, is_too_large });
        }
        let mut whole = Request::from_parts(parts, axum::body::Body::from(bytes));
        // It is bounded above.
        axum::extract::DefaultBodyLimit::disable().apply(&mut whole);
        let unread = || Problem::malformed("The form cannot be read; it was not sent as multipart/form-data.");
        let mut read = Multipart::from_request(whole, state).await.map_err(|_| unread())?;
        let (mut fields, mut file, mut is_too_large) = (Vec::new(), None, false);
        while let Some(field) = read.next_field().await.map_err(|_| unread())? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let bytes = field.bytes().await.map_err(|_| unread())?;
            if !is_file {
                fields.push((name, String::from_utf8(bytes.to_vec()).map_err(|_| unread())?));
            } else if !bytes.is_empty() {
                is_too_large = bytes.len() > MAX;
                file = Some(bytes.to_vec()).filter(|bytes| bytes.len() <= MAX);
            }
        }
        Ok(Self { form: Form::of(fields, context)?, file, is_too_large })
    }
}

/// Text of a file that may lie about what it is: UTF-8 without NUL, with or without a mark at its beginning.
///
/// # Errors
/// What it is instead, for a person.
pub fn text_of(bytes: Vec<u8>) -> Result<String, refusal::Problem> {
    let problem = |message: String| refusal::Problem::new("file", "not_text", message);
    let magic: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"\x1f\x8b", "a compressed file"),
        (b"\xff\xfe", "text in UTF-16"),
    ];
    if let Some((_, what)) = magic.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(problem(format!("This is {what}. Save it as CSV in UTF-8.")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        problem(format!("Line {line} is not UTF-8. Save the file as CSV in UTF-8."))
    })?;
    if let Some(place) = text.find('\0') {
        let line = text[..place].matches('\n').count() + 1;
        return Err(problem(format!("Line {line} holds the character U+0000, which no text has. Is this a CSV file?")));
    }
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A file is taken as the text it is, or somebody is told what else it is.
        #[test]
        fn any_file_is_text_or_told_what_it_is(
            bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), any::<String>().prop_map(String::into_bytes)],
            text in "[^\0\u{feff}%]{0,20}",
        ) {
            match text_of(bytes.clone()) {
                Ok(read) => prop_assert!(bytes.ends_with(read.as_bytes()) && !read.contains('\0')),
                Err(problem) => prop_assert!(problem.path == "file" && problem.message.len() < 200),
            }
            prop_assert!(text.starts_with("PK") || text_of(text.clone().into_bytes()) == Ok(text.clone()));
            prop_assert_eq!(text_of(format!("\u{feff}{text}").into_bytes()), Ok(text));
        }
    }

    #[test]
    fn a_file_is_known_by_its_bytes_whatever_it_is_called() {
        let says = |bytes: &[u8]| text_of(bytes.to_vec()).map_err(|problem| problem.message);
        assert_eq!(says(b"sku,name\nA,B\n"), Ok("sku,name\nA,B\n".to_owned()));
        assert_eq!(says("\u{feff}sku".as_bytes()), Ok("sku".to_owned()));
        for (bytes, what) in [
            (&b"PK\x03\x04rest"[..], "Excel workbook"),
            (b"%PDF-1.7", "a PDF"),
            (b"\xff\xfes\0k\0", "UTF-16"),
            (b"sku,name\nA,caf\xe9\n", "Line 2 is not UTF-8"),
            (b"sku\n\nA\0B", "Line 3 holds"),
        ] {
            assert!(says(bytes).is_err_and(|message| message.contains(what)), "{what}");
        }
    }
}
