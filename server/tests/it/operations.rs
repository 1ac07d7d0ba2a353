//! What operators see: the command line, back-ups, logs, metrics, the desk, and files.

mod backup;
mod clear_text;
mod command_line;
mod command_output;
mod connections;
mod cors;
mod dashboards;
mod demo;
mod desk;
mod failover;
mod import_command;
mod import_scale;
mod imports;
mod locales;
mod logs;
mod mails;
mod metrics;
mod operator;
mod package;
mod private_files;
mod reliability;
mod security_events;
mod security_txt;
mod sources;
mod traces;
