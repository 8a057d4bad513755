//! The `keyrack` program: hardens the process, parses, runs a verb or opens the screens, ends with an exit code.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use keyrack::cli::{self, Io, Outcome, Tui};
use keyrack::diagnose::Surroundings;
use keyrack::runtime::{self, Source, Start};

/// Freed memory is wiped, which covers the copies of a secret that libraries make (buffers of HTTP, JSON, TLS).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Exit code of a defect of keyrack itself.
const BROKEN: u8 = 70;

fn main() -> ExitCode {
    harden();
    runtime::hook_panics();
    let mut io = Io::real();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            io.err_raw(&format!("internal error: background threads cannot be started: {error}\n"));
            return ExitCode::from(BROKEN);
        }
    };
    let work = || {
        runtime.block_on(async {
            match cli::run(std::env::args_os(), &mut io).await {
                Outcome::Exit(code) => code,
                Outcome::Tui(tui) => screens(*tui, &mut io).await,
            }
        })
    };
    // The hook has said where it panicked.
    let code = std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(BROKEN);
    // A store that waits for a prompt somewhere must not keep the program from ending.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn screens(tui: Tui, io: &mut Io) -> u8 {
    let (vars, cwd) = (io.env.clone(), std::env::current_dir().unwrap_or_default());
    let around = if tui.demo.is_some() { Surroundings::of_demo(vars, cwd) } else { Surroundings::new(vars, cwd) };
    let (source, settings) = match (tui.demo, tui.loaded.core) {
        (Some(demo), _) => {
            (Source::Demo(Box::new(demo)), vec![("Rack".to_owned(), "a throw-away rack on simulated hosts".to_owned())])
        }
        (None, Some(core)) => {
            let rack = core.rack.path().display().to_string();
            let config = tui.loaded.paths.config.display().to_string();
            (Source::Own(Box::new(core)), vec![("Rack".to_owned(), rack), ("Configuration".to_owned(), config)])
        }
        (None, None) => return BROKEN,
    };
    let start = Start {
        source,
        config_dir: tui.loaded.paths.config,
        theme: tui.loaded.config.theme,
        no_colour: !tui.color,
        settings,
        around,
    };
    match runtime::run(start).await {
        Ok(code) => code,
        Err(error) => cli::report(io, &error),
    }
}

/// Secrets stay out of core dumps and out of reach of debuggers of the same user. Best effort: a system that refuses
/// changes nothing else.
fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}
