//! `waybill openapi`.

use crate::failure::Failure;
use crate::output::Output;

pub fn run(output: Output) -> Result<(), Failure> {
    output.text(&format!("{}\n", waybill_web::openapi_json()));
    Ok(())
}
