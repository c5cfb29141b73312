;;! title = "`source.*`, `destination.*`, `connection.*` and `upstream.*`: numbers are eight bytes, booleans one"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "source\00address"}}
    {{proxy_get_property "source\00port"}}
    {{proxy_get_property "destination\00address"}}
    {{proxy_get_property "destination\00port"}}
    {{proxy_get_property "connection\00id"}}
    {{proxy_get_property "connection\00mtls"}}
    {{proxy_get_property "connection\00tls_version"}}
    {{proxy_get_property "connection\00requested_server_name"}}
    {{proxy_get_property "connection_id"}}
    {{proxy_get_property "upstream\00address"}}
    {{proxy_get_property "upstream\00port"}}
    {{proxy_get_property "upstream\00local_address"}}
    {{proxy_get_property "upstream\00local_port"}}
    {{proxy_get_property "upstream\00num_endpoints"}}
    {{proxy_get_property "upstream\00request_attempt_count"}}
    {{proxy_get_property "upstream\00transport_failure_reason"}}
    {{proxy_get_property "source"}}
    {{proxy_get_property "source\00nothing"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_property "source\00address"}}
    {{proxy_get_property "source\00port"}}
    {{proxy_get_property "destination\00address"}}
    {{proxy_get_property "destination\00port"}}
    {{proxy_get_property "connection\00id"}}
    {{proxy_get_property "connection\00mtls"}}
    {{proxy_get_property "connection\00tls_version"}}
    {{proxy_get_property "connection\00requested_server_name"}}
    {{proxy_get_property "connection_id"}}
    {{proxy_get_property "upstream\00address"}}
    {{proxy_get_property "upstream\00port"}}
    {{proxy_get_property "upstream\00local_address"}}
    {{proxy_get_property "upstream\00local_port"}}
    {{proxy_get_property "upstream\00num_endpoints"}}
    {{proxy_get_property "upstream\00request_attempt_count"}}
    {{proxy_get_property "upstream\00transport_failure_reason"}}
    {{proxy_get_property "source"}}
    {{proxy_get_property "source\00nothing"}}
    {{CONTINUE}}))
