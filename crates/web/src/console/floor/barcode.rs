//! Bar codes for print, as SVG whose geometry is in whole modules.

use crate::console::html::Html;
use barcoders::sym::code128::Code128;

/// Modules of white that a scanner needs on both sides (ISO/IEC 15417, 4.3.3).
const QUIET: usize = 10;

/// Code 128 of a text of printable ASCII; None for any other text, which the symbology cannot carry.
pub fn code_128(text: &str) -> Option<Html> {
    let printable = !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    // The encoder takes its character set B as a letter in front.
    let modules = printable.then(|| Code128::new(format!("\u{181}{text}")).ok())??.encode();
    let mut bars = String::new();
    let mut at = 0;
    while at < modules.len() {
        let run = modules[at..].iter().take_while(|module| **module == modules[at]).count();
        if modules[at] == 1 {
            bars.push_str(&format!("M{} 0h{run}v1h-{run}z", at + QUIET));
        }
        at += run;
    }
    let (label, width) = (Html::text(text), modules.len() + 2 * QUIET);
    Some(Html::of(format!(
        "<svg class=\"barcode\" role=\"img\" aria-label=\"Bar code of {label}\" viewBox=\"0 0 {width} 1\" \
         preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\"><path d=\"{bars}\"/></svg>"
    )))
}
