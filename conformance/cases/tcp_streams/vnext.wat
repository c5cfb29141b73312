;;! title = "The draft: closing has names of its own, and each direction its function to resume"
;;! spec = "proxy_on_upstream_close"
;;! abi = ["vnext"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong", end = true } },
;;!   { downstream_data = { data = "", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    {{proxy_resume_downstream}}
    {{PAUSE}})
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_buffer DOWNSTREAM_DATA 0 -1}}
    {{proxy_resume_downstream}}
    {{PAUSE}})
  (func {{export proxy_on_upstream_data}}
    {{proxy_set_buffer UPSTREAM_DATA 0 0 "+" 0}}
    {{proxy_resume_upstream}}
    {{PAUSE}})
  (func {{export proxy_on_downstream_close}} (nop))
  (func {{export proxy_on_downstream_connection_close}} (unreachable))
  (func {{export proxy_on_upstream_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (unreachable)))
