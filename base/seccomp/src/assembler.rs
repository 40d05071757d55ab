//! Classic BPF, written from its end to its beginning: when an instruction is written, everything it
//! can jump to is there already, so every distance is known (`linux/filter.h`; jumps go forward only).

use std::collections::HashMap;

use palan_linux::seccomp::Instruction;

use crate::rules::Action;

// Operation codes: BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|.., BPF_RET|BPF_K.
pub(crate) const LOAD: u16 = 0x20;
pub(crate) const AND: u16 = 0x54;
pub(crate) const JUMP: u16 = 0x05;
pub(crate) const JUMP_EQUAL: u16 = 0x15;
pub(crate) const JUMP_GREATER: u16 = 0x25;
pub(crate) const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
pub(crate) const RETURN: u16 = 0x06;

/// Longest distance of a conditional jump.
const FAR: usize = 255;

/// Where a jump goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The end, with this action.
    Return(Action),
    /// An instruction, counted from the end of the program.
    At(usize),
}

/// A program under construction, last instruction first.
#[derive(Default)]
pub(crate) struct Assembler {
    reversed: Vec<Instruction>,
    /// The latest return of each action.
    returns: HashMap<Action, usize>,
}

impl Assembler {
    /// The program. It begins with what was written last.
    pub(crate) fn finish(mut self) -> Vec<Instruction> {
        self.reversed.reverse();
        self.reversed
    }

    /// Puts an instruction without jumps in front.
    pub(crate) fn put(&mut self, code: u16, operand: u32) -> Target {
        self.push(code, 0, 0, operand)
    }

    /// Puts a comparison in front: jumps to one of two targets.
    pub(crate) fn branch(&mut self, code: u16, operand: u32, yes: Target, no: Target) -> Target {
        if yes == no {
            return yes;
        }
        // What is put in for one target moves the other away by at most one each.
        let yes = self.reach(yes, 2);
        let no = self.reach(no, 1);
        let yes = self.reach(Target::At(yes), 0);
        let distance = |to: usize| {
            u8::try_from(self.reversed.len() - to - 1).expect("reach puts targets near")
        };
        let (yes, no) = (distance(yes), distance(no));
        self.push(code, yes, no, operand)
    }

    /// Makes a target the very next instruction.
    pub(crate) fn land(&mut self, target: Target) -> Target {
        match target {
            Target::At(at) if at + 1 == self.reversed.len() => target,
            Target::At(at) => {
                let distance = self.reversed.len() - at - 1;
                let distance = u32::try_from(distance).expect("programs are short");
                self.put(JUMP, distance)
            }
            Target::Return(action) => self.put_return(action),
        }
    }

    /// An instruction for the target that a jump can reach after `more` more instructions.
    fn reach(&mut self, target: Target, more: usize) -> usize {
        let near = |at: usize| self.reversed.len() + more - at - 1 <= FAR;
        let known = match target {
            Target::At(at) => Some(at),
            Target::Return(action) => self.returns.get(&action).copied(),
        };
        let landed = match known.filter(|at| near(*at)) {
            Some(at) => return at,
            None => self.land(target),
        };
        match landed {
            Target::At(at) => at,
            Target::Return(_) => unreachable!("landing makes an instruction"),
        }
    }

    fn put_return(&mut self, action: Action) -> Target {
        self.returns.insert(action, self.reversed.len());
        self.put(RETURN, action.return_value())
    }

    fn push(&mut self, code: u16, jump_true: u8, jump_false: u8, operand: u32) -> Target {
        self.reversed.push(Instruction {
            code,
            jump_true,
            jump_false,
            operand,
        });
        Target::At(self.reversed.len() - 1)
    }
}
