//! `waybill demo`.

use crate::cli::Demo;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;

pub async fn run(_: Demo, _: Settings, _: Output) -> Result<(), Failure> {
    Err(Failure::Other("not in this build".to_owned()))
}
