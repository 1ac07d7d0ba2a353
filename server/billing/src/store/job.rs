//! The job queue, and its jobs that fail or wait.

pub mod failed_jobs;
pub mod held_jobs;
pub mod jobs;
pub mod operator_work;
