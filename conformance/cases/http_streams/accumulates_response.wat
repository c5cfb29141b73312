;;! title = "So it is for responses, whose headers the client already has"
;;! spec = "proxy_on_response_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { response = { body = ["01234", "56789", "abcde"], end_alone = true } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    {{proxy_get_buffer_status HTTP_RESPONSE_BODY}}
    (if (local.get $end_of_stream) (then (return {{CONTINUE}})))
    {{PAUSE}}))
