//! What bytecode that was built with probes (`bulwark-heap-log.so`) says in its logs.

use crate::vm::Receipt;

impl Receipt {
    /// Heap used, where the ELF was built to log it.
    pub fn heap(&self) -> Option<u64> {
        let marked = self
            .meta
            .logs
            .iter()
            .filter_map(|l| l.split("Program log: heap ").nth(1));
        marked.filter_map(|n| n.trim().parse().ok()).max()
    }

    /// Units for questions of permission, where the ELF was built to log them: what is left where
    /// each begins and ends, less what the log itself takes.
    pub fn asking(&self) -> u64 {
        const LOG: u64 = 100;
        let lines = self.meta.logs.iter();
        let left: Vec<u64> = lines
            .filter_map(|line| line.strip_prefix("Program consumption: "))
            .filter_map(|line| line.split(' ').next()?.parse().ok())
            .collect();
        let spans = left.chunks_exact(2);
        let each = spans.map(|span| (span[0] - span[1]).saturating_sub(LOG));
        each.sum()
    }
}
