//! Makes Cargo rebuild this crate when a migration is added or changed: migrations are embedded at compile time.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
