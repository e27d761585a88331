//! The command line: a client of the API like any other, and the command that starts a server.

mod account;
mod anomalies;
mod arguments;
mod audit;
mod backup;
mod band;
mod batch;
mod bench;
mod changes;
mod check;
mod completions;
mod connection;
mod decide;
mod diff;
mod docket;
mod event;
mod event_reference;
mod evidence;
mod explain;
mod failure;
mod faults;
mod group;
mod groups;
mod history;
mod identities;
mod info;
mod input;
mod key;
mod listing;
pub mod load;
mod matrix;
mod matter;
mod output;
mod page;
mod progress;
mod prove;
mod references;
mod refusal;
mod relationship;
mod relationships;
mod repair;
mod replay;
mod restore;
mod search;
mod secret;
mod serve;
mod statement;
mod submit;
mod timeline;
mod validate;
mod verify;
mod view_file;
mod watch;
mod whole_file;
mod words;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use connection::Session;
pub use failure::Failure;

/// Everything that can be asked of the program.
#[derive(Debug, Parser)]
#[command(
    name = "chancery",
    version,
    about = "The record of how states deal with armed groups, and of how those groups are listed and delisted",
    after_help = "Every flag can also be set in the environment, but for --remove-from of repair: --server as CHANCERY_SERVER, and\n\
        so on. Where a flag means something else in another command, its variable says of which it is: CHANCERY_BACKUP_TO.\n\
        The help of each command names them.\n\n\
        Exit codes: 0 done, 1 failed, 2 wrong usage.\n\n\
        Examples:\n  \
        chancery serve --seeds seeds\n  \
        chancery group hts --on 2025-07-08\n  \
        chancery relationship us hamas --on 2025-02-20 --disclosed 2025-03-05\n  \
        chancery history --follow"
)]
pub struct Arguments {
    #[command(flatten)]
    common: connection::Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Submit(submit::Submit),
    Validate(validate::Validate),
    Group(group::Group),
    Groups(groups::Groups),
    Relationship(relationship::Relationship),
    Relationships(relationships::Relationships),
    Timeline(timeline::Timeline),
    Watch(watch::Watch),
    Search(search::Search),
    Matrix(matrix::Matrix),
    Docket(docket::Docket),
    Anomalies(anomalies::Anomalies),
    History(history::History),
    Event(event::Event),
    Explain(explain::Explain),
    Replay(replay::Replay),
    Diff(diff::Diff),
    Decide(decide::Decide),
    Audit(audit::Audit),
    Prove(prove::Prove),
    Check(check::Check),
    Key(key::Key),
    Info(info::Info),
    Verify(verify::Verify),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Repair(repair::Repair),
    Bench(bench::Bench),
    Completions(completions::Completions),
}

impl Command {
    /// Whether the command makes files with records in them.
    const fn writes_records(&self) -> bool {
        matches!(
            self,
            Command::Serve(_)
                | Command::Verify(_)
                | Command::Backup(_)
                | Command::Restore(_)
                | Command::Repair(_)
        )
    }
}

/// The arguments that the program was given. Wrong ones end it with a message, and so does a call for help.
///
/// A signing key among them is refused before anything is read, so that no message can repeat it.
pub fn arguments() -> Result<Arguments, Failure> {
    secret::refuse()?;
    Ok(Arguments::parse())
}

/// Does what the arguments ask, on a runtime of its own.
///
/// A reader of standard output that stops reading is no failure: see [`Failure::report`].
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { common, command } = arguments;
    let writes_records = command.writes_records();
    if writes_records {
        // They are for the owner alone, with whatever the storage engine makes.
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    }
    if let Command::Completions(completions) = command {
        return completions.run();
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        if writes_records {
            // Once it is listened for, a file that may not grow is an error of the write, and no end without a word.
            let limit = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
            drop(signal(limit).map_err(Failure::Runtime)?);
        }
        let mut session = Session::new(common);
        let outcome = match command {
            Command::Serve(serve) => serve.run(&mut session).await,
            Command::Submit(submit) => submit.run(&mut session).await,
            Command::Validate(validate) => validate.run(&mut session).await,
            Command::Group(group) => group.run(&mut session).await,
            Command::Groups(groups) => groups.run(&mut session).await,
            Command::Relationship(relationship) => relationship.run(&mut session).await,
            Command::Relationships(relationships) => relationships.run(&mut session).await,
            Command::Timeline(timeline) => timeline.run(&mut session).await,
            Command::Watch(watch) => watch.run(&mut session).await,
            Command::Search(search) => search.run(&mut session).await,
            Command::Matrix(matrix) => matrix.run(&mut session).await,
            Command::Docket(docket) => docket.run(&mut session).await,
            Command::Anomalies(anomalies) => anomalies.run(&mut session).await,
            Command::History(history) => history.run(&mut session).await,
            Command::Event(event) => event.run(&mut session).await,
            Command::Explain(explain) => explain.run(&mut session).await,
            Command::Replay(replay) => replay.run(&mut session).await,
            Command::Diff(diff) => diff.run(&mut session).await,
            Command::Decide(decide) => decide.run(&mut session).await,
            Command::Audit(audit) => audit.run(&mut session).await,
            Command::Prove(prove) => prove.run(&mut session).await,
            Command::Check(check) => check.run(&mut session).await,
            Command::Key(key) => key.run(&mut session).await,
            Command::Info(info) => info.run(&mut session).await,
            Command::Verify(verify) => verify.run(&mut session).await,
            Command::Backup(backup) => backup.run(&mut session).await,
            Command::Restore(restore) => restore.run(&mut session).await,
            Command::Repair(repair) => repair.run(&mut session).await,
            Command::Bench(bench) => bench.run(&mut session).await,
            Command::Completions(_) => Ok(()),
        };
        // What was printed before a failure is part of the answer.
        let flushed = session.printer.flush();
        outcome.and(flushed)
    });
    // Nothing that is left over may hold up the end of the program.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_and_every_command_an_example() {
        let mut command = Arguments::command();
        command.build();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let example = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains("chancery "), "{} has no example", sub.get_name());
            for argument in sub.get_arguments().filter(|argument| argument.get_long().is_some()) {
                let long = argument.get_long().unwrap();
                if !["help", "version", "remove-from"].contains(&long) {
                    let variable = argument
                        .get_env()
                        .map(|name| name.to_string_lossy().into_owned())
                        .unwrap_or_default();
                    let flag = long.to_uppercase().replace('-', "_");
                    let of = variable.strip_prefix("CHANCERY_").and_then(|it| it.strip_suffix(&flag));
                    assert!(
                        of.is_some_and(|of| of.is_empty() || of.ends_with('_')),
                        "{variable} is not for --{long} of {}",
                        sub.get_name()
                    );
                }
                assert!(argument.get_help().is_some(), "--{long} of {}", sub.get_name());
            }
        }
    }

    /// Adds what each variable is given for in a command and those below it: the names of its value, and the values.
    fn gather(command: &clap::Command, path: &str, given: &mut HashMap<String, Vec<(String, Vec<String>)>>) {
        for argument in command.get_arguments() {
            let Some(variable) = argument.get_env() else { continue };
            let names = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string);
            let values = argument.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
            let meaning = names.filter(|_| argument.get_action().takes_values()).chain(values).collect();
            let flag = format!("{path} --{}", argument.get_long().unwrap_or_default());
            given.entry(variable.to_string_lossy().into_owned()).or_default().push((flag, meaning));
        }
        for sub in command.get_subcommands() {
            gather(sub, &format!("{path} {}", sub.get_name()), given);
        }
    }

    #[test]
    fn a_variable_means_one_thing() {
        let mut command = Arguments::command();
        command.build();
        let mut given = HashMap::new();
        gather(&command, "chancery", &mut given);
        for (variable, flags) in given {
            let [(first, meaning), others @ ..] = &flags[..] else { continue };
            for (other, its) in others {
                assert_eq!(its, meaning, "{variable} is both for {first} and for {other}");
            }
        }
    }
}
