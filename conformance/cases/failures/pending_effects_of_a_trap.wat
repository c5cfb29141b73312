;;! title = "An answer that a callback asked for before it trapped is given"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "open" }]
;;! dialogue = [{ request = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    {{proxy_continue_stream HTTP_REQUEST}}
    (unreachable)))
