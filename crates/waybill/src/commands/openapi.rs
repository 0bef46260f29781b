//! `waybill openapi`.

use crate::failure::Failure;
use crate::output::Output;

pub fn run(_: Output) -> Result<(), Failure> {
    Err(Failure::Other("not in this build".to_owned()))
}
