//! Debian packages without installing them: a private apt state, downloads, `dpkg -x`.
//!
//! Addresses, proxies and logins come from the machine's own apt. What must be the same on every
//! machine, whatever release it runs, names its suites; what has to fit the machine, as a browser
//! has, comes from the machine's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::{files, process};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// What is installed on this machine.
const INSTALLED: &str = "/var/lib/dpkg/status";

/// Where the machine's own apt gets Debian from.
pub struct Mirrors {
    pub main: String,
    pub security: String,
}

/// A private apt state with its own lists.
pub struct Apt {
    folder: PathBuf,
}

impl Mirrors {
    /// Asks the machine's apt. Its package lists may be missing or not ours to update, so they are
    /// fetched into `folder`.
    pub fn find(folder: &Path, bar: &ProgressBar) -> Result<Self> {
        has_tools()?;
        let apt = Apt::lay_out(folder, None)?;
        apt.update(bar)?;
        let format = "$(LABEL)|$(REPO_URI)";
        let targets = process::output(apt.get().args(["indextargets", "--format", format]))?;
        let address = |label: &str| {
            let mut lines = targets.lines().filter_map(|line| line.split_once('|'));
            let found = lines
                .find(|(name, _)| *name == label)
                .map(|(_, uri)| uri.to_owned());
            found.with_context(|| {
                let log = apt.update_log();
                format!(
                    "apt reaches no source labelled {label}; its log is {}",
                    log.display()
                )
            })
        };
        Ok(Self {
            main: address("Debian")?,
            security: address("Debian-Security")?,
        })
    }
}

fn has_tools() -> Result<()> {
    for tool in ["apt-get", "dpkg", "dpkg-deb"] {
        if Command::new(tool).arg("--version").output().is_err() {
            bail!("`{tool}` is not here to unpack Debian's packages");
        }
    }
    Ok(())
}

impl Apt {
    /// The machine's own sources and its own packages, so that a closure is what is missing here.
    pub fn of_machine(folder: &Path, bar: &ProgressBar) -> Result<Self> {
        has_tools()?;
        let apt = Self::lay_out(folder, None)?;
        let status = folder.join("status");
        fs::copy(INSTALLED, &status).with_context(|| format!("cannot read {INSTALLED}"))?;
        apt.update(bar)?;
        Ok(apt)
    }

    /// A state that knows exactly these `(address, suite)` pairs, with their lists fetched. Nothing
    /// counts as installed, so that a closure is complete.
    pub fn with_suites(folder: &Path, suites: &[(&str, &str)], bar: &ProgressBar) -> Result<Self> {
        if !Path::new(KEYRING).exists() {
            bail!("Debian's archive keyring is not here (package debian-archive-keyring)");
        }
        let lines: String = suites
            .iter()
            .map(|(address, suite)| format!("deb [signed-by={KEYRING}] {address} {suite} main\n"))
            .collect();
        let apt = Self::lay_out(folder, Some(&lines))?;
        apt.update(bar)?;
        Ok(apt)
    }

    /// `sources`: the sources to know; none means those of the machine.
    fn lay_out(folder: &Path, sources: Option<&str>) -> Result<Self> {
        files::fresh_folder(folder)?;
        for part in ["preferences", "lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        fs::write(folder.join("status"), "")?;
        let at = folder.display();
        let mut settings = format!(
            "Dir::State \"{at}\";\nDir::State::lists \"{at}/lists\";\n\
             Dir::State::status \"{at}/status\";\nDir::Cache \"{at}/cache\";\n\
             APT::Install-Recommends \"false\";\nAPT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\nAcquire::Retries \"3\";\n"
        );
        if let Some(sources) = sources {
            fs::write(folder.join("sources.list"), sources)?;
            settings += &format!(
                "Dir::Etc::sourcelist \"{at}/sources.list\";\nDir::Etc::sourceparts \"-\";\n\
                 Dir::Etc::preferences \"-\";\nDir::Etc::preferencesparts \"{at}/preferences\";\n\
                 APT::Update::Error-Mode \"any\";\n"
            );
        }
        fs::write(folder.join("apt.conf"), settings)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    fn command(&self, tool: &str) -> Command {
        let mut command = Command::new(tool);
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command
    }

    fn get(&self) -> Command {
        self.command("apt-get")
    }

    fn update(&self, bar: &ProgressBar) -> Result<()> {
        process::logged(self.get().arg("update"), &self.update_log(), bar)
            .context("apt cannot fetch package lists")
    }

    fn update_log(&self) -> PathBuf {
        self.folder.join("update.log")
    }

    pub fn has(&self, package: &str) -> bool {
        process::output(self.command("apt-cache").args(["show", package])).is_ok()
    }

    /// `packages` and everything they depend on, by name.
    pub fn closure(&self, packages: &[&str]) -> Result<Vec<String>> {
        let plan = process::output(self.get().args(["--simulate", "install"]).args(packages))?;
        let names = plan.lines().filter_map(|line| line.strip_prefix("Inst "));
        Ok(names
            .filter_map(|rest| rest.split(' ').next())
            .map(str::to_owned)
            .collect())
    }

    /// Downloads packages by name, without what they depend on.
    pub fn download(&self, packages: &[String], bar: &ProgressBar) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("packages");
        fs::create_dir_all(&folder)?;
        let log = self.folder.join("download.log");
        process::logged(
            self.get()
                .current_dir(&folder)
                .arg("download")
                .args(packages),
            &log,
            bar,
        )?;
        files::walk(&folder, &[])
    }
}

/// The version in a package file's name: `name_1.2.3-4_amd64.deb`.
pub fn version_of<'a>(packages: &'a [PathBuf], name: &str) -> Option<&'a str> {
    packages.iter().find_map(|path| {
        let (package, rest) = path.file_name()?.to_str()?.split_once('_')?;
        if package == name {
            rest.split('_').next()
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_version_is_in_the_file_name() {
        let names = [
            "libllvm23-dev_9_all.deb",
            "libllvm23_1%3a23.1.4-2_amd64.deb",
        ];
        let packages = names.map(Into::into);
        assert_eq!(version_of(&packages, "libllvm23"), Some("1%3a23.1.4-2"));
        assert_eq!(version_of(&packages, "libllvm22"), None);
    }
}
