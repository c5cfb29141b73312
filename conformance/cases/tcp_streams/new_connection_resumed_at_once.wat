;;! title = "A connection that is resumed in the callback that holds it goes on"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{PAUSE}})
  (func {{export proxy_on_downstream_data}} (nop) {{CONTINUE}}))
