//! The business rules of Dues as pure functions over plain values. No I/O; compiles to wasm.
//!
//! The parameters and return values of server functions live in [`wire`], so that pages and services share them.

/// Defines `ALL`: every variant of an enum, in the given order. Does not compile if a variant is missing.
#[macro_export]
macro_rules! all_variants {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident),+ $(,)? }) => {
        impl $enum {
            $(#[$doc])*
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];
        }

        const _: fn(&$enum) = |value| match value {
            $($enum::$variant)|+ => {}
        };
    };
}

pub mod account;
pub mod catalog;
pub mod entitlement;
pub mod error_code;
pub mod ids;
pub mod money;
pub mod subscription;
pub mod tenant;
pub mod time;
pub mod wire;
