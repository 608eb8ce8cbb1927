#include "execution/sandbox/syscall_filter.hpp"

#include <linux/sched.h>

#include <array>
#include <cerrno>
#include <memory>
#include <seccomp.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace platform::execution {

namespace {

struct releaser {
  void operator()(void* which) const noexcept { seccomp_release(which); }
};
using filter = std::unique_ptr<void, releaser>;

// None of them is of use to a function; each has been, or leads to, a way out of a sandbox.
constexpr std::array refused{
    // Namespaces, mounts and roots.
    "unshare", "setns", "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree",
    "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "chroot", "quotactl", "quotactl_fd",
    // Other processes.
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    // The kernel itself.
    "bpf", "perf_event_open", "init_module", "finit_module", "delete_module", "create_module",
    "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "syslog", "acct",
    "lookup_dcookie", "iopl", "ioperm", "modify_ldt", "userfaultfd", "fanotify_init",
    "name_to_handle_at", "open_by_handle_at", "vhangup", "nfsservctl", "_sysctl", "uselib", "ustat",
    "sysfs",
    // Clocks and names of the machine.
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname",
    "setdomainname",
    // Keys belong to users, and users are shared.
    "add_key", "keyctl", "request_key",
    // Memory of other nodes.
    "mbind", "migrate_pages", "move_pages", "set_mempolicy", "set_mempolicy_home_node"};

constexpr std::array families{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

bool add_all(scmp_filter_ctx to) {
  const auto deny = SCMP_ACT_ERRNO(EPERM);
  for (const auto* name : refused) {
    const int number = seccomp_syscall_resolve_name(name);
    // Newer than the library, or not on this machine: then it cannot be asked for by this name.
    if (number == __NR_SCMP_ERROR || number < 0) continue;
    if (seccomp_rule_add(to, deny, number, 0) != 0) return false;
  }
  // Programs fall back to clone, whose flags can be looked at, and to ordinary input and output.
  // Memory that belongs to no process would count for none.
  for (const auto* name : {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register",
                           "memfd_create", "memfd_secret", "shmget"}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // Newer than the library.
    if (seccomp_rule_add(to, SCMP_ACT_ERRNO(ENOSYS), number, 0) != 0) return false;
  }
  for (const auto flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                          CLONE_NEWPID, CLONE_NEWNET}) {
    const auto bit = static_cast<scmp_datum_t>(flag);
    if (seccomp_rule_add(to, deny, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)) != 0)
      return false;
  }
  // Typing into a terminal: only the lower half of the number is looked at by the kernel.
  constexpr scmp_datum_t lower = 0xffffffffU;
  if (seccomp_rule_add(to, deny, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, lower, TIOCSTI)) !=
      0) {
    return false;
  }
  return true;
}

// All but the families above: among the others are those to the host and to the wire.
bool add_families(scmp_filter_ctx to) {
  const auto deny = SCMP_ACT_ERRNO(EAFNOSUPPORT);
  int from = 0;
  const auto refuse = [&](int family) {
    return seccomp_rule_add(to, deny, SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family))) == 0;
  };
  for (const int allowed : families) {
    for (; from < allowed; ++from) {
      if (!refuse(from)) return false;
    }
    ++from;
  }
  return seccomp_rule_add(to, deny, SCMP_SYS(socket), 1,
                          SCMP_A0(SCMP_CMP_GE, static_cast<scmp_datum_t>(from))) == 0;
}

}  // namespace

fsm::expected<code::file> make_syscall_filter() {
  const auto failed = [](const std::string& what) {
    return fsm::unexpected({.code = fsm::errc::internal,
                            .message = what + ": " + std::generic_category().message(errno)});
  };
  const filter made{seccomp_init(SCMP_ACT_ALLOW)};
  if (!made || !add_all(made.get()) || !add_families(made.get()))
    return failed("cannot make a filter of system calls");
  code::file result{::memfd_create("fsm-filter", MFD_CLOEXEC)};
  if (!result.is_open()) return failed("memfd_create");
  if (seccomp_export_bpf(made.get(), result.descriptor()) != 0)
    return failed("cannot write a filter of system calls");
  return result;
}

}  // namespace platform::execution
