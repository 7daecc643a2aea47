package e2e

import (
	"os/exec"
	"syscall"
)

// bind makes the kernel kill the command when the thread that starts it ends.
func bind(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
