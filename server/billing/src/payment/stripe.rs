//! No provider: a self-hosted Dues without billing.
