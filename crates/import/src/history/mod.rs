//! What the files say happened: rows in classes, orders, and what became of them.

pub mod books;
pub mod classify;
pub mod columns;
pub mod head;
pub mod life;
pub mod matching;
pub mod price;
pub mod read;
pub mod records;
pub mod returns;
pub mod stock;
