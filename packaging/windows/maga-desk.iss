; Inno Setup 6: an installer for Windows from the folder that packaging\build.py made. NOT TRIED: written from Inno Setup's
; documentation on a machine without Windows. See packaging\README.md.
;   iscc /DVersion=0.1.0 /DFlavour=cpu packaging\windows\maga-desk.iss
#ifndef Version
  #error Say the version: iscc /DVersion=...
#endif
#ifndef Flavour
  #define Flavour "cpu"
#endif

[Setup]
AppId={{7D1C8A52-6B0E-4C58-9B7A-3E1F5A0C94D1}
AppName=MaGA Desk
AppVersion={#Version}
AppPublisher=The MaGA Desk developers
DefaultDirName={autopf}\MaGA Desk
DefaultGroupName=MaGA Desk
; A person may install it for themselves, without an administrator.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
OutputDir=..\dist\{#Flavour}
OutputBaseFilename=maga-desk-{#Version}-{#Flavour}-windows-x64
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
; The installer of the GPU flavour is larger than 2 GB, the most that Windows starts: it is cut into slices.
#if Flavour == "gpu"
DiskSpanning=yes
DiskSliceSize=2000000000
#endif
UninstallDisplayIcon={app}\maga-desk.exe
WizardStyle=modern
ChangesEnvironment=yes

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "path"; Description: "Let the command line find maga-desk"; Flags: unchecked

[InstallDelete]
; Files of an earlier version must not stay beside those of this one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\dist\{#Flavour}\maga-desk\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\MaGA Desk"; Filename: "{app}\maga-desk.exe"
Name: "{group}\MaGA Desk demo"; Filename: "{app}\maga-desk.exe"; Parameters: "demo"
Name: "{autodesktop}\MaGA Desk"; Filename: "{app}\maga-desk.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "{code:EnvironmentKey}"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; \
  Tasks: path; Check: NotOnPath(ExpandConstant('{app}'))

[Run]
Filename: "{app}\maga-desk.exe"; Parameters: "demo"; Description: "Open the demo"; Flags: nowait postinstall skipifsilent

[Code]
function EnvironmentKey(Param: string): string;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

function NotOnPath(Folder: string): Boolean;
var
  Known: string;
  Root: Integer;
begin
  if IsAdminInstallMode then Root := HKEY_LOCAL_MACHINE else Root := HKEY_CURRENT_USER;
  if not RegQueryStringValue(Root, EnvironmentKey(''), 'Path', Known) then
    Known := '';
  Result := Pos(';' + Uppercase(Folder) + ';', ';' + Uppercase(Known) + ';') = 0;
end;
