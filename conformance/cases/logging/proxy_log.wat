;;! title = "Each level is logged with its name; a level out of range is refused before the address is looked at"
;;! spec = "proxy_log"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log TRACE "trace"}}
    {{proxy_log DEBUG "debug"}}
    {{proxy_log INFO "info"}}
    {{proxy_log WARN "warn"}}
    {{proxy_log ERROR "error"}}
    {{proxy_log CRITICAL "critical"}}
    {{proxy_log 6 "none"}}
    {{proxy_log -1 "none"}}
    {{proxy_log 6 0x10000 1}}
    (i32.const 1)))
