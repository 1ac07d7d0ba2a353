//! The migrations are read at compile time: a new one must build the crate anew.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
