//! `waybill import orders`.

use crate::cli::ImportOrders;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;

pub async fn run(_: ImportOrders, _: &Settings, _: Output) -> Result<(), Failure> {
    Err(Failure::Other("not in this build".to_owned()))
}
