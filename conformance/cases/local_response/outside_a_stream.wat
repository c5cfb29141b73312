;;! title = "Where there is no stream nothing happens"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    (i32.const 1))
  (func {{export proxy_on_log}}
    {{proxy_send_local_response 403 "" "late" "" -1}}))
