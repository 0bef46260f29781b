//! `waybill serve`.

use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;

pub async fn run(_: &Settings, _: Output) -> Result<(), Failure> {
    Err(Failure::Other("not in this build".to_owned()))
}
