//! A shop's logo: a small picture that cannot do anything.

use crate::chain::hex;
use serde::{Deserialize, Serialize};

codes! {
    /// What a logo is made as.
    pub enum LogoKind {
        Png = "png",
        Svg = "svg",
    }
}

/// A picture of at most 24 kB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logo {
    pub kind: LogoKind,
    /// Its bytes in hexadecimal digits.
    hex: String,
}

/// Bytes of a logo at most.
pub const LOGO_MAX: usize = 24 << 10;
/// Pixels of a side at most.
const SIDE_MAX: u32 = 2_048;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What makes an SVG more than a picture: scripts, other documents, other hosts, declarations.
const ACTIVE: [&str; 14] = [
    "<script",
    "<foreignobject",
    "<iframe",
    "<object",
    "<embed",
    "<image",
    "<audio",
    "<video",
    "<animate",
    "<set",
    "<!",
    "javascript:",
    "@import",
    "<?xml-",
];

impl Logo {
    /// A logo of what was uploaded, whatever its name said it is.
    ///
    /// # Errors
    /// Why it cannot be one, for a person.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let kind = if bytes.starts_with(PNG) { LogoKind::Png } else { LogoKind::Svg };
        if bytes.len() <= LOGO_MAX {
            check(kind, bytes)?;
        }
        let logo = Self { kind, hex: hex(bytes) };
        logo.objection()?;
        Ok(logo)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let digits = self.hex.as_bytes();
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        digits.chunks(2).map(|pair| digit(pair[0]) << 4 | pair.get(1).map_or(0, |low| digit(*low))).collect()
    }

    pub const fn media_type(&self) -> &'static str {
        match self.kind {
            LogoKind::Png => "image/png",
            LogoKind::Svg => "image/svg+xml",
        }
    }

    /// # Errors
    /// Why it is no logo.
    pub fn objection(&self) -> Result<(), String> {
        if self.hex.len() > 2 * LOGO_MAX {
            return Err(format!("must be at most {} kB", LOGO_MAX >> 10));
        }
        if !self.hex.len().is_multiple_of(2) || !self.hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("must be written in hexadecimal digits".to_owned());
        }
        check(self.kind, &self.bytes())
    }
}

fn check(kind: LogoKind, bytes: &[u8]) -> Result<(), String> {
    match kind {
        LogoKind::Png => check_png(bytes),
        LogoKind::Svg => check_svg(bytes),
    }
}

/// Every chunk is where the one before says, from the head to the end.
fn check_png(bytes: &[u8]) -> Result<(), String> {
    let broken = || "this PNG is cut off or damaged".to_owned();
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
        four.map(u32::from_be_bytes).ok_or_else(broken)
    };
    if !bytes.starts_with(PNG) || bytes.get(12..16) != Some(b"IHDR") {
        return Err(broken());
    }
    let (width, height) = (number(16)?, number(20)?);
    if !(1..=SIDE_MAX).contains(&width) || !(1..=SIDE_MAX).contains(&height) {
        return Err(format!("this PNG is {width} by {height} pixels; each side must be 1 to {SIDE_MAX}"));
    }
    let mut at = PNG.len();
    loop {
        let length = usize::try_from(number(at)?).map_err(|_| broken())?;
        let kind = bytes.get(at + 4..at + 8).ok_or_else(broken)?;
        let next = at.checked_add(12).and_then(|end| end.checked_add(length)).filter(|end| *end <= bytes.len());
        let is_end = kind == b"IEND";
        at = next.ok_or_else(broken)?;
        if is_end {
            return if at == bytes.len() { Ok(()) } else { Err(broken()) };
        }
    }
}

/// Shapes and gradients pass; whatever runs, loads or declares does not. It is shown as a picture besides, where nothing
/// in it could run.
fn check_svg(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "must be a PNG or an SVG picture".to_owned())?;
    let lower = text.to_ascii_lowercase();
    let start = lower.trim_start_matches('\u{feff}').trim_start();
    let start = match start.strip_prefix("<?xml ") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest).trim_start(),
        None => start,
    };
    if !start.starts_with("<svg")
        || !start.trim_end().ends_with("</svg>")
        || !lower.contains("http://www.w3.org/2000/svg")
    {
        return Err("must be a PNG or an SVG picture".to_owned());
    }
    let refused = |what: &str| Err(format!("this SVG holds {what}; save it as plain shapes, or as a PNG"));
    if let Some(active) = ACTIVE.iter().find(|active| start.contains(**active)) {
        return refused(&format!("“{active}”"));
    }
    if start.contains('&') {
        return refused("an entity");
    }
    // `href` and `url()` may point into the picture itself only.
    for (place, _) in start.match_indices("href") {
        let after = start[place + 4..].trim_start();
        let target = after.strip_prefix('=').map(str::trim_start).unwrap_or("\"#");
        if !target.starts_with("\"#") && !target.starts_with("'#") {
            return refused("a link");
        }
    }
    for (place, _) in start.match_indices("url(") {
        let target = start[place + 4..].trim_start().trim_start_matches(['"', '\'']);
        if !target.starts_with('#') {
            return refused("a link");
        }
    }
    // An attribute such as `onload` begins behind a space, a quote or a slash.
    for (place, _) in start.match_indices("on") {
        let before = start[..place].chars().next_back();
        // Names are followed to their ends only where one begins, or a long word of many “on” takes its length squared.
        if !before.is_some_and(|before| before.is_whitespace() || "\"'/".contains(before)) {
            continue;
        }
        let name: String = start[place..].chars().take_while(char::is_ascii_alphabetic).collect();
        let rest = start[place + name.len()..].trim_start();
        if name.len() > 2 && rest.starts_with('=') {
            return refused(&format!("“{name}”"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><defs><path id=\"p\" d=\"M0 0h8\"/></defs><use href=\"#p\" fill=\"url(#g)\"/></svg>";

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = PNG.to_vec();
        let mut chunk = |kind: &[u8], data: &[u8]| {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        };
        let head = [width.to_be_bytes(), height.to_be_bytes(), [8, 6, 0, 0]].concat();
        chunk(b"IHDR", &[head.as_slice(), &[0]].concat());
        chunk(b"IDAT", &[1, 2, 3]);
        chunk(b"IEND", &[]);
        bytes
    }

    #[test]
    fn a_picture_is_known_by_its_bytes_and_comes_back_whole() {
        let logo = Logo::read(&png(32, 16)).unwrap();
        assert_eq!((logo.kind, logo.media_type(), logo.bytes()), (LogoKind::Png, "image/png", png(32, 16)));
        assert_eq!(Logo::read(PLAIN.as_bytes()).unwrap().bytes(), PLAIN.as_bytes());
        let declared = format!("<?xml version=\"1.0\"?>\n{PLAIN}\n");
        assert!(Logo::read(declared.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_picture_or_more_than_one_is_refused() {
        let inside = |part: &str| PLAIN.replace("<defs>", &format!("{part}<defs>")).into_bytes();
        let mut cut = png(32, 16);
        cut.truncate(50);
        let mut trailed = png(32, 16);
        trailed.extend(b"<script>");
        for (bytes, says) in [
            (b"GIF89a".to_vec(), "PNG or an SVG"),
            (vec![0xff, 0xd8, 0xff, 0xe0], "PNG or an SVG"),
            (b"<html><svg></svg></html>".to_vec(), "PNG or an SVG"),
            (cut, "cut off"),
            (trailed, "cut off"),
            (png(0, 16), "0 by 16"),
            (png(5_000, 16), "5000 by 16"),
            (vec![b' '; LOGO_MAX + 1], "24 kB"),
            (inside("<script>alert(1)</script>"), "<script"),
            (inside("<SCRIPT/>"), "<script"),
            (inside("<g onload=\"x()\"/>"), "onload"),
            (inside("<g fill='red'onclick = 'x()'/>"), "onclick"),
            (inside("<a xlink:href=\"https://example.com\"/>"), "a link"),
            (inside("<use href='data:image/svg+xml,x'/>"), "a link"),
            (inside("<g style=\"fill:url(https://example.com)\"/>"), "a link"),
            (inside("<style>@import 'x';</style>"), "@import"),
            (inside("<!DOCTYPE svg [<!ENTITY a 'b'>]>"), "<!"),
            (inside("<text>&lt;</text>"), "an entity"),
            (inside("<foreignObject/>"), "<foreignobject"),
        ] {
            let objection = Logo::read(&bytes).expect_err(says);
            assert!(objection.contains(says), "{objection} / {says}");
        }
    }
}
